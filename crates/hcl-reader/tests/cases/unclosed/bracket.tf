variable "a" {
  default = [1, 2
}

variable "after" {}
