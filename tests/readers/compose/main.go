// Reads compose projects as Docker Compose does, for tests/compose.rs.
//
// Standard input is a JSON array of cases, standard output a JSON array of what came of each, in the same order. The
// files of a case are written to a folder of its own, which is removed afterwards.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"
)

type request struct {
	// Texts by path below the folder of the case.
	Files map[string]string `json:"files"`
	// The compose files, in the order of `-f`.
	Compose     []string          `json:"compose"`
	Env         map[string]string `json:"env"`
	Interpolate bool              `json:"interpolate"`
}

type answer struct {
	Error    string             `json:"error,omitempty"`
	Services map[string]service `json:"services,omitempty"`
}

type service struct {
	Environment map[string]*string `json:"environment"`
	EnvFiles    []envFile          `json:"env_files"`
	Image       string             `json:"image"`
	Build       *build             `json:"build"`
	Ports       []string           `json:"ports"`
	Volumes     []string           `json:"volumes"`
	Profiles    []string           `json:"profiles"`
	Networks    []string           `json:"networks"`
	NetworkMode string             `json:"network_mode"`
	ExtraHosts  []string           `json:"extra_hosts"`
	Secrets     []string           `json:"secrets"`
	Configs     []string           `json:"configs"`
}

type envFile struct {
	Path     string `json:"path"`
	Required bool   `json:"required"`
	Format   string `json:"format"`
}

type build struct {
	Context    string             `json:"context"`
	Dockerfile string             `json:"dockerfile"`
	Args       map[string]*string `json:"args"`
}

// told is a path as seen from the folder of the case, where it lies near it.
func told(folder, path string) string {
	if strings.HasPrefix(path, "/~") {
		return path[1:]
	}
	near := filepath.Dir(filepath.Dir(folder))
	if path != near && !strings.HasPrefix(path, near+"/") {
		return path
	}
	relative, err := filepath.Rel(folder, path)
	if err != nil || relative == "." {
		return ""
	}
	return relative
}

func load(folder string, asked request) (project *types.Project, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	details := types.ConfigDetails{Environment: types.Mapping{}}
	for key, value := range asked.Env {
		details.Environment[key] = value
	}
	for _, path := range asked.Compose {
		details.ConfigFiles = append(details.ConfigFiles, types.ConfigFile{Filename: filepath.Join(folder, path)})
	}
	details.WorkingDir = filepath.Dir(details.ConfigFiles[0].Filename)
	// nested includes are looked for from where compose runs
	if err := os.Chdir(details.WorkingDir); err != nil {
		return nil, err
	}
	return loader.LoadWithContext(context.Background(), details, func(options *loader.Options) {
		options.SetProjectName("case", true)
		options.SkipInterpolation = !asked.Interpolate
		options.SkipNormalization = true
		options.SkipConsistencyCheck = true
		options.SkipResolveEnvironment = true
		options.SkipResolveLabels = true
		options.Profiles = []string{"*"}
	})
}

func mounts(files []types.FileReferenceConfig) []string {
	out := []string{}
	for _, file := range files {
		target := file.Target
		if target == "/run/secrets/"+file.Source {
			target = ""
		}
		out = append(out, file.Source+" "+target)
	}
	return out
}

func describe(folder string, from types.ServiceConfig) service {
	out := service{
		Environment: from.Environment, Image: from.Image, Profiles: from.Profiles, NetworkMode: from.NetworkMode,
	}
	for _, file := range from.EnvFiles {
		required := bool(file.Required)
		out.EnvFiles = append(out.EnvFiles, envFile{told(folder, file.Path), required, file.Format})
	}
	if from.Build != nil {
		out.Build = &build{told(folder, from.Build.Context), from.Build.Dockerfile, from.Build.Args}
	}
	for _, port := range from.Ports {
		protocol := port.Protocol
		if protocol == "" {
			protocol = "tcp"
		}
		out.Ports = append(out.Ports, fmt.Sprintf("%s|%s|%d|%s", port.HostIP, port.Published, port.Target, protocol))
	}
	for _, volume := range from.Volumes {
		source := volume.Source
		if volume.Type == types.VolumeTypeBind {
			source = told(folder, source)
		}
		out.Volumes = append(out.Volumes, fmt.Sprintf("%s|%s|%s|%t", volume.Type, source, volume.Target, volume.ReadOnly))
	}
	for name := range from.Networks {
		out.Networks = append(out.Networks, name)
	}
	for host, addresses := range from.ExtraHosts {
		for _, address := range addresses {
			out.ExtraHosts = append(out.ExtraHosts, host+" "+address)
		}
	}
	for _, secret := range from.Secrets {
		out.Secrets = append(out.Secrets, mounts([]types.FileReferenceConfig{types.FileReferenceConfig(secret)})...)
	}
	for _, config := range from.Configs {
		out.Configs = append(out.Configs, mounts([]types.FileReferenceConfig{types.FileReferenceConfig(config)})...)
	}
	return out
}

func answerTo(folder string, asked request) answer {
	for path, text := range asked.Files {
		path = filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return answer{Error: "case: " + err.Error()}
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return answer{Error: "case: " + err.Error()}
		}
	}
	project, err := load(folder, asked)
	if err != nil {
		return answer{Error: strings.ReplaceAll(err.Error(), folder+"/", "")}
	}
	services := map[string]service{}
	for name, from := range project.Services {
		services[name] = describe(folder, from)
	}
	return answer{Services: services}
}

func run() error {
	logrus.SetOutput(io.Discard)
	var cases []request
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		return err
	}
	root, err := os.MkdirTemp("", "trueup-compose-reader.")
	if err != nil {
		return err
	}
	defer os.RemoveAll(root)
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return err
	}
	// `~` stays visible
	os.Setenv("HOME", "/~")
	answers := []answer{}
	for index, asked := range cases {
		folder := filepath.Join(root, fmt.Sprint(index))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		answers = append(answers, answerTo(folder, asked))
		if err := os.Chdir(root); err != nil {
			return err
		}
		os.RemoveAll(folder)
	}
	return json.NewEncoder(os.Stdout).Encode(answers)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "compose reader:", err)
		os.Exit(1)
	}
}
