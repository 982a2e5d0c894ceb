"""The report: one HTML file of one run or of several, its charts, and the journalist's page."""
