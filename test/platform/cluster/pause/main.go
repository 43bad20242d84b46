// The container that holds a pod's namespaces: it waits for its end, and reaps what is left to it as process 1.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// As the real one: kubeadm runs it so as a job, to see whether a cluster can be upgraded.
	if len(os.Args) > 1 && os.Args[1] == "-v" {
		return
	}
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	for received := range signals {
		if received != syscall.SIGCHLD {
			return
		}
		for {
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
				break
			}
		}
	}
}
