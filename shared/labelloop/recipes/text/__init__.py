"""What recipes about texts share: how texts are read, and what models see of them."""
