terraform {
  required_providers {
    one  = { source = "acme/one" }
    bad  = ["acme/bad"]
    half = { source = ["acme/half"], version = "1.0" }
  }
}
