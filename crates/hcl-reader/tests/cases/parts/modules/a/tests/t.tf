variable "no" {}
