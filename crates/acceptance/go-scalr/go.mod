module quarry/go-scalr

go 1.26.6

require github.com/scalr/go-scalr/v2 v2.0.0-rc.4
