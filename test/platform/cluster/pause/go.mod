module auditseal/test/cluster/pause

go 1.21
