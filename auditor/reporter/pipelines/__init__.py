"""What machines read of an audit: SARIF, JUnit XML, annotations."""
