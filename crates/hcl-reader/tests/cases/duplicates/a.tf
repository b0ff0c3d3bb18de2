variable "x" {
  default = 1
}
variable "x" {}
