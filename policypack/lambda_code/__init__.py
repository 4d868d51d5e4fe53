"""What a Lambda function runs: archives, layers and code objects in; handlers, imports, binaries and secrets out."""
