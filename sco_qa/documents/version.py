"""What the extraction of documents is at; raise it when a text comes out of a document in another form than before."""

EXTRACTOR = 1
