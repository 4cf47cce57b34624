package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// mostMemory ends this program where the system does not: the caller sets the same as a limit of the process where it can.
	mostMemory = 2_000_000_000
	// softMemory is where garbage is collected as often as it takes.
	softMemory = 1_000 << 20
	// growth is how much the heap may grow before garbage is collected, in percent.
	growth = 400
	// statusLate and statusOutOfMemory tell the caller why this program ended itself.
	statusLate        = 124
	statusOutOfMemory = 125
	// grace is what the caller has to end this program itself, which is how it knows the culprit.
	grace = 5 * time.Second
	often = 50 * time.Millisecond
)

// collectSeldom sets up the runtime. Renderings are short and the process lives as long as a run: collecting garbage less often
// takes a third of the time. One at a time is rendered, so a second processor would only collect garbage.
func collectSeldom() {
	debug.SetGCPercent(growth)
	debug.SetMemoryLimit(softMemory)
	debug.SetTraceback("none")
	runtime.GOMAXPROCS(1)
	go watchMemory()
}

// clock ends this program when a request takes much longer than it may; the caller kills it before, unless that is gone.
type clock struct {
	running *time.Timer
	given   time.Duration
}

// start bounds a request until what it returns is called; the clock of a request in whose course it comes stands still meanwhile.
func (c *clock) start(seconds float64) (done func()) {
	before := *c
	if before.running != nil {
		before.running.Stop()
	}
	c.given = time.Duration(seconds*float64(time.Second)) + grace
	c.running = time.AfterFunc(c.given, func() { os.Exit(statusLate) })
	return func() {
		c.running.Stop()
		if *c = before; before.running != nil {
			before.running.Reset(before.given)
		}
	}
}

// watchMemory ends this program when it holds more than it may.
func watchMemory() {
	held := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	for range time.Tick(often) {
		metrics.Read(held)
		if held[0].Value.Uint64()+held[1].Value.Uint64() > mostMemory {
			os.Exit(statusOutOfMemory)
		}
	}
}
