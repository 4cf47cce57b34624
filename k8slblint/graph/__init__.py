"""How resources refer to each other."""
