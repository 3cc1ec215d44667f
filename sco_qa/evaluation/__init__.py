"""Evaluation: how good retrieval, reading, citing and abstaining are, on our questions or on anyone's."""
