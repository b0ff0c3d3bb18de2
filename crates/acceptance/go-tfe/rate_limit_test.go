package gotfe

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	tfe "github.com/hashicorp/go-tfe"
)

// front puts a server before the registry that may answer by itself (true), or change what the registry answers.
func front(t *testing.T, answers func(http.ResponseWriter, *http.Request) bool, change func(http.Header)) string {
	t.Helper()
	address, err := url.Parse(setting(t, "QUARRY_ADDRESS"))
	must(t, err)
	proxy := httputil.NewSingleHostReverseProxy(address)
	proxy.ModifyResponse = func(response *http.Response) error {
		change(response.Header)
		return nil
	}
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if !answers(writer, request) {
			proxy.ServeHTTP(writer, request)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func nothing(http.ResponseWriter, *http.Request) bool { return false }

func TestTheRegistryTellsWhatItIs(t *testing.T) {
	client := connect(t)

	equal(t, "version of the API", client.RemoteAPIVersion(), "2.6")
	equal(t, "name", client.AppName(), "Quarry")
	equal(t, "is the vendor's service", client.IsCloud(), false)
}

// The client throttles itself to what ping says; with a limit of 1 to 3 each of its requests would fail.
func TestRateLimitOfPingLeavesTheClientRoom(t *testing.T) {
	response, err := http.Get(setting(t, "QUARRY_ADDRESS") + "/api/v2/ping")
	must(t, err)
	must(t, response.Body.Close())

	if limit := response.Header.Get("X-RateLimit-Limit"); limit != "" {
		number, err := strconv.ParseFloat(limit, 64)
		must(t, err)
		if number != 0 && number < 4 {
			t.Errorf("the limit is %v", number)
		}
	}
}

func TestRateLimitThatIsAbsentNoneOrThirty(t *testing.T) {
	for name, limit := range map[string]string{"absent": "", "none": "0", "thirty": "30"} {
		t.Run(name, func(t *testing.T) {
			address := front(t, nothing, func(headers http.Header) {
				headers.Del("X-RateLimit-Limit")
				if limit != "" {
					headers.Set("X-RateLimit-Limit", limit)
				}
			})
			client := connectAs(t, address, setting(t, "QUARRY_TOKEN"))
			for range 12 {
				_, err := client.Organizations.List(context.Background(), nil)
				must(t, err)
			}
		})
	}
}

func TestRateLimitIsWaitedForWithFractionsOfASecond(t *testing.T) {
	var refusals atomic.Int32
	address := front(t, func(writer http.ResponseWriter, request *http.Request) bool {
		if request.URL.Path != "/api/v2/organizations" || refusals.Add(1) > 2 {
			return false
		}
		writer.Header().Set("X-RateLimit-Reset", "0.412")
		writer.Header().Set("Retry-After", "1")
		writer.Header().Set("Content-Type", "application/vnd.api+json")
		writer.WriteHeader(http.StatusTooManyRequests)
		_, _ = fmt.Fprint(writer, `{"errors":[{"status":"429","title":"Too many requests"}]}`)
		return true
	}, func(http.Header) {})
	client := connectAs(t, address, setting(t, "QUARRY_TOKEN"))
	start := time.Now()

	_, err := client.Organizations.List(context.Background(), nil)

	must(t, err)
	if took := time.Since(start); took < 800*time.Millisecond {
		t.Errorf("it waited for %v only", took)
	}
}

// Whatever limit the registry has, a client that honours it gets every answer. This ends the whole process if the
// registry ever answers 429 with a reset that is no number.
func TestRateLimitOfTheRegistryIsWaitedFor(t *testing.T) {
	// Without the limit that ping tells the client does not hold itself back.
	address := front(t, nothing, func(headers http.Header) { headers.Del("X-RateLimit-Limit") })
	client := connectAs(t, address, setting(t, "QUARRY_TOKEN"))
	var group sync.WaitGroup
	failures := make(chan error, 200)
	for range 8 {
		group.Go(func() {
			for range 25 {
				if _, err := client.Organizations.List(context.Background(), &tfe.OrganizationListOptions{}); err != nil {
					failures <- err
				}
			}
		})
	}
	group.Wait()
	close(failures)
	for err := range failures {
		t.Error(err)
	}
}
