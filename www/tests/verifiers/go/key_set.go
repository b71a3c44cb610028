package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	jose "gopkg.in/square/go-jose.v2"
)

// defaultMaxAge is the max-age of the issuer's responses.
const defaultMaxAge = 5 * time.Minute

// keySet fetches a key set once in maxAge.
type keySet struct {
	url    string
	maxAge time.Duration
	client http.Client

	mu      sync.Mutex
	keys    jose.JSONWebKeySet
	fetched time.Time
}

func newKeySet(s settings) *keySet {
	maxAge := s.maxAge
	if maxAge == 0 {
		maxAge = defaultMaxAge
	}
	return &keySet{url: s.jwksURL, maxAge: maxAge, client: http.Client{Timeout: 5 * time.Second}}
}

// key returns the public key with this kid.
func (k *keySet) key(ctx context.Context, kid string) (interface{}, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if time.Since(k.fetched) >= k.maxAge {
		if err := k.fetch(ctx); err != nil {
			return nil, err
		}
	}
	found := k.keys.Key(kid)
	if len(found) != 1 {
		return nil, fmt.Errorf("the key set has %d keys %q", len(found), kid)
	}
	return found[0].Key, nil
}

func (k *keySet) fetch(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return err
	}
	now := time.Now()
	response, err := k.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the key set has status %s", response.Status)
	}
	var keys jose.JSONWebKeySet
	if err := json.NewDecoder(response.Body).Decode(&keys); err != nil {
		return err
	}
	k.keys, k.fetched = keys, now
	return nil
}
