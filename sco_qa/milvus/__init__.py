"""The index in Milvus, for collections or numbers of people that one machine cannot serve."""

from sco_qa.milvus.index import MilvusIndex
from sco_qa.milvus.tables import Tables

__all__ = ["MilvusIndex", "Tables"]
