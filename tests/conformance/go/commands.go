package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"sockdock.dev/guest"
)

// run carries out the commands of a line, or of a script about a socket; the answers.
func (c *conformance) run(script string, socket sockdock.Socket) string {
	if rest, found := strings.CutPrefix(script, "on "); found {
		if event, kept, found := strings.Cut(rest, " "); found {
			c.scripts[event] = kept
			return "ok"
		}
	}
	var answers []string
	for command := range strings.SplitSeq(script, "; ") {
		answers = append(answers, c.answer(command, socket))
	}
	return strings.Join(answers, "; ")
}

func (c *conformance) answer(command string, socket sockdock.Socket) string {
	if socket != (sockdock.Socket{}) {
		command = strings.ReplaceAll(command, "$", socket.String())
	}
	if c.made != (sockdock.Socket{}) {
		command = strings.ReplaceAll(command, "@", c.made.String())
	}
	value, err := c.command(command)
	var code sockdock.Code
	switch {
	case errors.As(err, &code):
		return "err " + code.String()
	case err != nil:
		panic(err)
	case value == "":
		return "ok"
	default:
		return "ok " + value
	}
}

func (c *conformance) command(command string) (string, error) {
	name, tail, _ := strings.Cut(command, " ")
	first, rest, _ := strings.Cut(tail, " ")
	switch name {
	case "off":
		delete(c.scripts, first)
	case "trace":
		return strings.Join(c.events, "\t"), nil
	case "forget":
		c.events = nil
	case "trap":
		panic("told to trap")
	case "busy":
		for end := time.Now().Add(milliseconds(first)); time.Now().Before(end); {
		}
	case "eat":
		eaten := make([]byte, number(first))
		for i := 0; i < len(eaten); i += 4096 {
			eaten[i] = 1
		}
		c.eaten = append(c.eaten, eaten)
	case "print":
		fmt.Println(tail)
	case "clock":
		return fmt.Sprint(time.Now().Unix()), nil
	case "random":
		return fmt.Sprint(rand.Uint64()), nil
	case "log":
		sockdock.Log(level(first), rest)
	case "live":
		return live(), nil
	case "timer":
		return "", sockdock.SetTimer(id(first), milliseconds(rest))
	case "clear":
		sockdock.ClearTimer(id(first))
	case "connect":
		made, err := sockdock.Connect(first, connectOptions(rest))
		if err != nil {
			return "", err
		}
		c.made = made
		return made.String(), nil
	case "publish":
		return count(sockdock.Publish(first, []byte(rest), sockdock.Socket{}))
	case "mirror":
		return count(sockdock.FromID(id(first)).Write(c.bytes))
	default:
		return ofASocket(name, sockdock.FromID(id(first)), rest)
	}
	return "", nil
}

func ofASocket(name string, socket sockdock.Socket, rest string) (string, error) {
	switch name {
	case "write":
		return count(socket.WriteString(rest))
	case "line":
		return count(socket.WriteString(rest + "\n"))
	case "hex":
		data, err := hex.DecodeString(rest)
		if err != nil {
			return "", err
		}
		return count(socket.Write(data))
	case "pattern":
		data := make([]byte, number(rest))
		for i := range data {
			data[i] = byte(i % 251)
		}
		return count(socket.Write(data))
	case "fill":
		return count(socket.WriteString(strings.Repeat("x", number(rest))))
	case "flood":
		return flood(socket)
	case "flush":
		return "", socket.Flush()
	case "end":
		return "", socket.End()
	case "shutdown":
		return "", socket.Shutdown()
	case "terminate":
		return "", socket.Terminate()
	case "pause":
		return "", socket.Pause()
	case "resume":
		return "", socket.Resume()
	case "auto-pause":
		return "", socket.SetAutoPause(rest == "on")
	case "no-delay":
		return "", socket.SetNoDelay(rest == "on")
	case "timeout":
		return "", socket.SetTimeout(orNever(rest))
	case "keep-alive":
		return "", socket.SetKeepAlive(orNever(rest))
	case "queued":
		return count(socket.Queued())
	case "read":
		return count(socket.BytesRead())
	case "written":
		return count(socket.BytesWritten())
	case "local":
		end, err := socket.Local()
		return fmt.Sprintf("%s:%d", end.Address, end.Port), err
	case "remote":
		end, err := socket.Remote()
		return fmt.Sprintf("%s:%d", end.Address, end.Port), err
	case "listener":
		name, err := socket.Listener()
		return orDash(name), err
	case "context":
		context, err := socket.Context()
		return escape(context), err
	case "set-context":
		return "", socket.SetContext([]byte(rest))
	case "big-context":
		return "", socket.SetContext([]byte(strings.Repeat("c", number(rest))))
	case "session":
		session, err := socket.TLSSession()
		if session == nil {
			return "-", err
		}
		return fmt.Sprintf("%s %s %s %s %t %t", session.Version, session.Cipher, orDash(session.ServerName), orDash(session.ALPN),
			session.Resumed, session.Verified), nil
	case "certificates":
		certificates, err := socket.PeerCertificates()
		return fmt.Sprint(len(certificates)), err
	case "upgrade-client":
		name, credentials, _ := strings.Cut(rest, " ")
		return "", socket.UpgradeClient(sockdock.TLSOptions{ServerName: given(name), Credentials: given(credentials)})
	case "upgrade-server":
		return "", socket.UpgradeServer(rest)
	case "subscribe":
		return "", socket.Subscribe(rest)
	case "unsubscribe":
		return "", socket.Unsubscribe(rest)
	default:
		panic("no command: " + name)
	}
}

// count: a short write is no error of the host's.
func count[N int | uint64](n N, err error) (string, error) {
	if err == io.ErrShortWrite {
		err = nil
	}
	return fmt.Sprint(n), err
}

// flood writes until a write is short.
func flood(socket sockdock.Socket) (string, error) {
	piece, all := make([]byte, 32<<10), 0
	for i := range piece {
		piece[i] = 'x'
	}
	for {
		taken, err := socket.Write(piece)
		all += taken
		if err != nil {
			return count(all, err)
		}
	}
}

func live() string {
	sockets := sockdock.Live()
	slices.SortFunc(sockets, func(a, b sockdock.Socket) int { return int(int64(a.ID() - b.ID())) })
	return strings.Trim(fmt.Sprint(sockets), "[]")
}

func connectOptions(words string) sockdock.ConnectOptions {
	var options sockdock.ConnectOptions
	for _, word := range strings.Fields(words) {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "timeout":
			options.Timeout = milliseconds(value)
			if options.Timeout == 0 {
				// A time that isn't one: the zero value stands for the operator's.
				options.Timeout = -1
			}
			continue
		case "half-open":
			options.AllowHalfOpen = true
			continue
		case "context":
			options.Context = []byte(value)
			continue
		}
		if options.TLS == nil {
			options.TLS = &sockdock.TLSOptions{}
		}
		switch key {
		case "tls":
		case "name":
			options.TLS.ServerName = value
		case "alpn":
			options.TLS.ALPN = append(options.TLS.ALPN, value)
		case "credentials":
			options.TLS.Credentials = value
		default:
			panic("no option of connect: " + word)
		}
	}
	return options
}

func level(name string) sockdock.Level {
	at := slices.Index([]string{"trace", "debug", "info", "warn", "error"}, name)
	if at < 0 {
		panic("no level: " + name)
	}
	return sockdock.Level(at)
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return value
}

func id(text string) uint64 {
	value, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return value
}

func milliseconds(text string) time.Duration {
	return time.Duration(number(text)) * time.Millisecond
}

func orNever(text string) time.Duration {
	if text == "none" {
		return sockdock.Never
	}
	return milliseconds(text)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func given(text string) string {
	if text == "-" {
		return ""
	}
	return text
}
