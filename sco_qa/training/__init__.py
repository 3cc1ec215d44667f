"""How the numbers that the package ships are made from data: ``make train``, ``make fit`` and ``make punkt``."""
