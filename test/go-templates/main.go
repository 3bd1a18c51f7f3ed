// Runs templates with the real text/template and html/template: cases as JSON on standard input, what they give on standard output.
package main

import (
	"bytes"
	"encoding/json"
	htmltemplate "html/template"
	"io"
	"os"
	"strings"
	texttemplate "text/template"
)

type test struct {
	Template string `json:"template"`
	Data     any    `json:"data"`
	Html     bool   `json:"html"`
}

type result struct {
	Out   string `json:"out"`
	Error string `json:"error"`
}

// numbers makes whole numbers int, as a program's are that fills a template.
func numbers(value any) any {
	switch v := value.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return int(n)
		}
		f, _ := v.Float64()
		return f
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = numbers(v[k])
		}
	}
	return value
}

func run(t test) (string, error) {
	var out bytes.Buffer
	data := numbers(t.Data)
	if t.Html {
		parsed, err := htmltemplate.New("iep").Parse(t.Template)
		if err != nil {
			return "", err
		}
		err = parsed.Execute(&out, data)
		return out.String(), err
	}
	parsed, err := texttemplate.New("iep").Parse(t.Template)
	if err != nil {
		return "", err
	}
	err = parsed.Execute(&out, data)
	return out.String(), err
}

func main() {
	input, _ := io.ReadAll(os.Stdin)
	decoder := json.NewDecoder(strings.NewReader(string(input)))
	decoder.UseNumber()
	var tests []test
	if err := decoder.Decode(&tests); err != nil {
		panic(err)
	}
	results := []result{}
	for _, t := range tests {
		out, err := run(t)
		r := result{Out: out}
		if err != nil {
			r.Error = err.Error()
		}
		results = append(results, r)
	}
	json.NewEncoder(os.Stdout).Encode(results)
}
