"""The tape of a scenario: price files, bars and stored rows, laid on one grid."""
