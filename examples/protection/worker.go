// A worker that is not stopped at work. Put your queue in place of standard input, where a line is a message:
// a name, and how many seconds its work takes.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var (
	muster         = env("MUSTER_URL", "http://muster.muster:8787")
	tokenFile      = env("MUSTER_TOKEN_FILE", "/var/run/secrets/muster/token")
	protectSeconds = env("PROTECT_SECONDS", "600")
	client         = http.Client{Timeout: 10 * time.Second}
)

func env(name, usual string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return usual
}

// askMuster returns the status of the answer, or an error where there is none.
func askMuster(method, body string) (int, error) {
	// Read each time: the kubelet replaces the token before it expires.
	token, err := os.ReadFile(tokenFile)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequest(method, muster+"/api/v1/protection", strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if response.StatusCode != 200 && response.StatusCode != 409 {
		err = fmt.Errorf("%s", text)
	}
	return response.StatusCode, err
}

// protect returns false where this worker is about to be stopped, and must not begin. Without an answer, it works
// unprotected.
func protect() bool {
	status, err := askMuster("PUT", `{"expiresInSeconds": `+protectSeconds+`}`)
	if err != nil {
		fmt.Fprintln(os.Stderr, "not protected:", err)
	}
	return status != 409
}

func work(message string) {
	fmt.Println("began", message)
	seconds, _ := strconv.Atoi(protectSeconds)
	renewal := time.NewTicker(time.Duration(seconds) * time.Second / 3)
	defer renewal.Stop()
	took, _ := strconv.ParseFloat(strings.Fields(message)[1], 64)
	finished := time.After(time.Duration(took * float64(time.Second)))
	for {
		select {
		case <-renewal.C:
			protect()
		case <-finished:
			fmt.Println("finished", message)
			return
		}
	}
}

func main() {
	stopping, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	messages := make(chan string)
	go func() {
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			messages <- lines.Text()
		}
		close(messages)
	}()
	for stopping.Err() == nil {
		select {
		case <-stopping.Done():
		case message, isOpen := <-messages:
			if !isOpen {
				return
			}
			if protect() {
				work(message)
				if _, err := askMuster("DELETE", ""); err != nil {
					fmt.Fprintln(os.Stderr, "still protected:", err)
				}
			} else {
				// RabbitMQ: nack with requeue; SQS: visibility time-out 0; beanstalkd: release.
				fmt.Println("gave back", message)
				time.Sleep(5 * time.Second)
			}
		}
	}
}
