"""From a request to an audit."""
