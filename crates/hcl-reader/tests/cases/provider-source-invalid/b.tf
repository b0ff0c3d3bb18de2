terraform {
  required_providers {
    one = {
      source  = "other/one"
      version = "1.0"
    }
  }
}
