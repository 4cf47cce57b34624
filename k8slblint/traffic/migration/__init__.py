"""What becomes of Ingresses in Gateway API: what maps exactly, in part, or not at all, and the objects that replace them."""
