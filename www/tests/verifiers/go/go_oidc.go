package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	oidc "github.com/coreos/go-oidc"
)

// oidcVerifier verifies with go-oidc, which finds the keys by discovery.
type oidcVerifier struct {
	verifier *oidc.IDTokenVerifier
}

func newOIDCVerifier(ctx context.Context, s settings) (*oidcVerifier, error) {
	client := &http.Client{Timeout: 5 * time.Second}
	if s.maxAge != 0 {
		client.Transport = cappedMaxAge{s.maxAge}
	}
	ctx = oidc.ClientContext(ctx, client)
	config := &oidc.Config{
		ClientID:             s.audience,
		SkipClientIDCheck:    s.audience == "",
		SkipIssuerCheck:      s.issuer == "",
		SupportedSigningAlgs: []string{oidc.RS256},
	}
	if s.issuer == "" {
		keys := oidc.NewRemoteKeySet(ctx, s.jwksURL)
		return &oidcVerifier{oidc.NewVerifier("", keys, config)}, nil
	}
	provider, err := oidc.NewProvider(ctx, s.issuer)
	if err != nil {
		return nil, err
	}
	return &oidcVerifier{provider.Verifier(config)}, nil
}

func (v *oidcVerifier) verify(ctx context.Context, token string) (claims, error) {
	verified, err := v.verifier.Verify(ctx, token)
	if err != nil {
		return claims{}, err
	}
	var c claims
	err = verified.Claims(&c)
	return c, err
}

// cappedMaxAge shortens the caching of responses: version 2 fetches the key set again for an
// unknown kid only in the last 30 seconds of the max-age of its response.
type cappedMaxAge struct {
	maxAge time.Duration
}

func (t cappedMaxAge) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(request)
	if err == nil {
		value := fmt.Sprintf("max-age=%d", int(t.maxAge.Seconds()))
		response.Header.Set("Cache-Control", value)
	}
	return response, err
}
