"""How other programs are found, confined, and ended, and where their temporary files are."""
