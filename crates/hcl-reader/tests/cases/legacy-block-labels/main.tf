variable unquoted {
  description = "A name without quotes."
  unknown     = "ignored"
}

resource notnull bar {
  provider = "notnull.baz"
}

"quoted" = "argument"

variable "map" {
  default {
    a = "1"
    b = "2"
  }
}

variable "type" {
  type    = "map"
  default = "${true}"
}
