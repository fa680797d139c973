// Verifies job webhooks with the function that the platform's page prints for Go.
//
// Reads one JSON object per line, {"secret", "header", "body_base64"}, and answers each with a line,
// "ok" or "rejected".
package main

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
)

func verify(secret, header string, rawBody []byte) bool {
	parts := strings.Split(header, ",")
	if len(parts) != 2 {
		return false
	}
	t := strings.TrimPrefix(parts[0], "t=")
	sig := strings.TrimPrefix(parts[1], "v1=")
	ts, _ := strconv.ParseInt(t, 10, 64)
	if math.Abs(float64(time.Now().Unix()-ts)) > 300 {
		return false
	}
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(t + "." + string(rawBody)))
	expected := hex.EncodeToString(h.Sum(nil))
	return hmac.Equal([]byte(sig), []byte(expected))
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var message struct {
			Secret string `json:"secret"`
			Header string `json:"header"`
			Body   []byte `json:"body_base64"`
		}
		if err := json.Unmarshal(lines.Bytes(), &message); err != nil {
			panic(err)
		}
		if verify(message.Secret, message.Header, message.Body) {
			fmt.Println("ok")
		} else {
			fmt.Println("rejected")
		}
	}
}
