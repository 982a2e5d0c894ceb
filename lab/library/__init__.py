"""What `import crashsim` returns: a run and a comparison as objects."""
