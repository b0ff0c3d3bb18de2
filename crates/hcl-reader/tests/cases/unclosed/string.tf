variable "c" {
  description = "oops
}

variable "after_string" {}
}
