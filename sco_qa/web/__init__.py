"""The page, the source pages and the interface for other programs: peers of the command line over ``Assistant``."""
