"""Between what the paper searched its methods' own parameters (CoUn, arXiv 2509.16391, appendix)."""

RANGES = {
    "beta": (0.95, 0.9999),
    "coefficient": (1e-4, 1e-1),
    "selection": (0.1, 100),
    "dampening": (0.1, 5),
    "max_steps": (1, 10),
    "gamma": (0.1, 3),
    "alpha": (0.1, 3),
    "weight": (0.1, 6),
    "fraction": (0.1, 1),
}
