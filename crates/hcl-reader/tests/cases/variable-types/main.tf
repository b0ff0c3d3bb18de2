variable "quoted" { type = "string" }

variable "bare" { type = string }

variable "object" {
  type = object({
    name = string # kept
    tags = optional(map(string), {})
  })
}

variable "in_parentheses" { type = (string) }

variable "nothing" {
  default = null
}

variable "numbers" {
  default = [0, 1, -2, 1.50, 1.0, 2e3, 123456789012345678901234567890]
}

variable "text" {
  default = "a \"b\" \\ \u00e4 $${kept} %%{kept} \n"
}

variable "nested" {
  type    = any
  default = {
    "quoted key" = { a = [] }
    (12)         = true
    colon : "x", and = "y"
    unicode_ä    = null
  }
}

variable "call" {
  default = file("x")
}

variable "sum" {
  default = 1 + 1
}

variable "with_call" {
  default = [upper("x")]
}

variable "trailing" {
  default = 12 /* a comment */ # and another
}

variable "template" {
  description = "Of ${project_name} and \"more\"."
  default     = "${1}"
}
