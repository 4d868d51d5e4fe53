"""The CrossGuard policy pack: policies, the AWS values they read, and the loop that runs them."""
