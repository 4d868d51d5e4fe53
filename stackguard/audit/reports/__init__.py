"""Reports about an audit: a store goes in, a page, a digest, findings or tables come out."""
