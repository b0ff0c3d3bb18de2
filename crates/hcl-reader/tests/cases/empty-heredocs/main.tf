variable "first" {
  description = <<EOT
EOT
}

variable "second" {
  description = <<EOT
Text.
EOT
}

variable "third" {
  default = [<<A
A
  , <<-B
    x
    B
  ]
}
