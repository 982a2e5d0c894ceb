"""Bytes to contract frames; knows no policy."""
