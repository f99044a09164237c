package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
	"retake/actions/clean"
)

// watchedNow is how the watch stands.
type watchedNow struct {
	at      time.Time     // of the last reading; zero before the first
	news    *actions.News // the latest thing that appeared, in this console
	count   int           // how many appeared
	missed  []actions.Unseen
	trouble clean.Text // why the last reading failed
}

// watch reads events and keys once.
func (r *root) watch() tea.Cmd {
	desk, ctx := r.session.Desk, r.works.ctx
	return r.works.counted(func() tea.Msg {
		w, err := desk.Watch(ctx)
		return watchRead{w, err}
	})
}

// watchedOnce takes a reading of the watch.
func (r *root) watchedOnce(msg watchRead) tea.Cmd {
	w := &r.beside.state.watched
	if w.trouble = (clean.Text{}); msg.err != nil {
		w.trouble = sentence(msg.err)
	} else {
		w.at, w.missed = msg.state.At, msg.state.Missed
	}
	if n := len(msg.state.New); n > 0 {
		w.news, w.count = &msg.state.New[n-1], w.count+n
	}
	return r.rest(theWatch, r.beside.rests[theWatch].end(msg.err != nil, actions.WatchEvery, 2*actions.WatchEvery))
}

// says tells whether the watch has something to say; in a low window, that it
// found nothing makes room for the steps.
func (w watchedNow) says(low bool) bool {
	return w.news != nil || !low && (!w.at.IsZero() || w.trouble != (clean.Text{}))
}

// watching is the line of the watch.
func (b alongside) watching() row {
	w := b.watched
	switch {
	case w.news != nil:
		lead := litf("WATCH (%d): ", w.count)
		if w.count == 1 {
			lead = lit("WATCH: ")
		}
		return row{{bad, lead}, {bad, agoWords(max(0, b.now.Sub(w.news.At)))}, {plain, lit("  ")}, {strong, joined(w.news.Text)}}
	case w.trouble != (clean.Text{}):
		return row{{warn, lit("watch waits: ")}, {plain, w.trouble}}
	}
	return rowOf(faint, litf("watch: nothing new, read at %s", clockTime(w.at)))
}
