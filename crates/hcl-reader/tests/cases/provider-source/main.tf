terraform {
  required_providers {
    string = "~> 1.0"
    object = { source = "acme/object", version = "~> 1.0" }
    host = {
      source = "registry.example.com/acme/host"
    }
    short = { source = "short" }
    none = {}
  }
}

terraform {
  required_providers {
    object = "< 1.5"
  }
}
