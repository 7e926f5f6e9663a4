// What docker compose and `docker run --env-file` read: one JSON line for each file of a folder.
// Usage: readers compose|env-file FOLDER
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/docker/cli/pkg/kvfile"
	"github.com/sirupsen/logrus"
)

// The project's `.env` and a service's `env_file:` take different ways, which must agree.
func compose(path string) (map[string]string, error) {
	environment := map[string]string{}
	for _, line := range os.Environ() {
		key, value, _ := strings.Cut(line, "=")
		environment[key] = value
	}
	project, projectErr := dotenv.GetEnvFromFile(environment, []string{path})
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	service := map[string]string{}
	serviceErr := dotenv.ParseWithFormat(file, path, service, os.LookupEnv, "")
	if (projectErr == nil) != (serviceErr == nil) || projectErr == nil && !maps.Equal(project, service) {
		panic(fmt.Sprintf("%s: .env and env_file: differ: %v %v, %v %v", path, project, projectErr, service, serviceErr))
	}
	return project, projectErr
}

func envFile(path string) (map[string]string, error) {
	lines, err := kvfile.Parse(path, os.LookupEnv)
	keys := map[string]string{}
	for _, line := range lines {
		key, value, _ := strings.Cut(line, "=")
		keys[key] = value
	}
	return keys, err
}

func main() {
	logrus.SetOutput(io.Discard)
	read := map[string]func(string) (map[string]string, error){"compose": compose, "env-file": envFile}[os.Args[1]]
	paths, err := filepath.Glob(filepath.Join(os.Args[2], "*.env"))
	if err != nil {
		panic(err)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for _, path := range paths {
		answer := map[string]any{}
		if keys, err := read(path); err != nil {
			answer["error"] = err.Error()
		} else {
			answer["keys"] = keys
		}
		if err := out.Encode(answer); err != nil {
			panic(err)
		}
	}
}
