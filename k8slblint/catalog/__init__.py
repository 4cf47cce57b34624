"""What vendors read: annotations, classes, platforms and prices; data files are read on demand."""
