"""A reconstructed tape held against recorded bars."""
