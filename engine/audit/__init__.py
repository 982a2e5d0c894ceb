"""What a policy invites: seeded searches of small books for a counter-example."""
