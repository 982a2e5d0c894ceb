"""What is computed of finished runs: metrics, counterfactuals, comparisons."""
