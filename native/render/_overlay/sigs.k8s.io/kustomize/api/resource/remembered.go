package resource

import "sigs.k8s.io/yaml"

// The annotations that tell where a resource comes from are read and written by each transformer for each resource, which is a quarter
// of a build, and are the same for all resources of a folder. What was made of a text is remembered here.

// mostRemembered bounds what is remembered; a build has some hundreds at most.
const mostRemembered = 10_000

var (
	origins         = map[string]Origin{}
	transformations = map[transformation]string{}
)

// transformation is one more origin after those in a text.
type transformation struct {
	before string
	isSet  bool
	origin Origin
}

func rememberedOrigin(text string) (*Origin, error) {
	origin, isKnown := origins[text]
	if !isKnown {
		if err := yaml.Unmarshal([]byte(text), &origin); err != nil {
			return nil, err
		}
		remember(origins, text, origin)
	}
	return &origin, nil
}

// rememberedTransformations returns the text with the origin; r holds the text as its annotation.
func rememberedTransformations(r *Resource, added transformation) (string, error) {
	if text, isKnown := transformations[added]; isKnown {
		return text, nil
	}
	listed, err := r.GetTransformations()
	if err != nil {
		return "", err
	}
	listed = append(listed, &added.origin)
	text, err := listed.String()
	if err == nil {
		remember(transformations, added, text)
	}
	return text, err
}

func remember[K comparable, V any](known map[K]V, key K, value V) {
	if len(known) >= mostRemembered {
		clear(known)
	}
	known[key] = value
}
