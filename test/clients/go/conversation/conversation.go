// Package conversation is how the drivers for Go are spoken to: a task a line on standard input, an outcome a line on
// standard output.
package conversation

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// Task is one call of a client.
type Task struct {
	Call      string            `json:"call"`
	Model     string            `json:"model"`
	Prompt    string            `json:"prompt"`
	Fields    map[string]any    `json:"fields"`
	Image     string            `json:"image"`
	TimeoutMs int               `json:"timeoutMs"`
	Retries   int               `json:"retries"`
	Headers   map[string]string `json:"headers"`
}

// Text is a field's value, and the empty string where the task has none.
func (task Task) Text(name string) string {
	text, _ := task.Fields[name].(string)
	return text
}

// Timeout is 0 where the client's own holds.
func (task Task) Timeout() time.Duration {
	return time.Duration(task.TimeoutMs) * time.Millisecond
}

// Outcome is what a client's user has at the end of a call.
type Outcome struct {
	Images   []string `json:"images,omitempty"`
	Partials int      `json:"partials,omitempty"`
	Error    *Failure `json:"error,omitempty"`
}

// Failure is the error as the client raises it; Status is 0 where it shows none.
type Failure struct {
	Status  int    `json:"status"`
	Message string `json:"message"`
}

// Gateway is its address and a key for it.
func Gateway() (baseURL string, key string) {
	return os.Getenv("BASE_URL"), os.Getenv("API_KEY")
}

// Converse performs tasks until standard input ends; describe knows the client's own errors.
func Converse(perform func(Task) (Outcome, error), describe func(error) Failure) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var task Task
		if err := json.Unmarshal(lines.Bytes(), &task); err != nil {
			panic(err)
		}
		outcome, err := perform(task)
		if err != nil {
			failure := describe(err)
			outcome = Outcome{Error: &failure}
		}
		text, err := json.Marshal(outcome)
		if err != nil {
			panic(err)
		}
		fmt.Printf("outcome %s\n", text)
	}
}
