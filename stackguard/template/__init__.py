"""From a program's resources to a CloudFormation template, validated by cfn-lint and by our own policies."""
