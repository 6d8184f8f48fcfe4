"""Labelloop: every annotation trains a model, every version re-orders the tasks.

The loop, and where each step lives:

1. Label Studio calls over HTTP (`web`); `labelstudio` reads its payloads and label configs.
2. `usecases.intake.accept` stores an event as one immutable object (`bucket`) and sends a wake-up
   (`messages`).
3. `usecases.learning.train` folds events into a dataset (`domain.intake.folding`) and finds out
   whether a training is due (`domain.learning.policy`).
4. A recipe (`recipes`) reads the label config, computes features of tasks, which are stored once
   (`usecases.learning.task_features`), and trains a model. `recipes.protocol` is all that the loop
   knows of any kind of labelling.
5. `usecases.judging` compares the new version with the active one. One that is worse is stored and
   not served (`domain.judging.gate`).
6. `usecases.ordering` puts the pool in order (`domain.ordering.strategies`) and pushes the queue.
7. `usecases.serving` predicts with the active version.
8. `usecases.sweep` wakes the projects that were forgotten.
9. People see all this on pages (`web.pages`): `usecases.serving` collects it, `pages` makes
   tables, a chart and HTML of it.

`ports` says what the code needs from outside; `adapters` are those outside things; `bootstrap` is
the one place where both meet. `tests/test_architecture.py` says which room may import which.

Words, one for each thing:

task            what is labelled, in Label Studio's sense
input           what a recipe reads of a task: a text, an image's address
annotation      what a person said of a task; its result is a list of regions
label           what an annotation means to a recipe, as JSON
part            what labels are made of and a config offers: a choice, a type of entity
recipe          what reads, learns, compares and shows one kind of labelling; built in or one's own
control         what a label config asks people, as a recipe reads it
dataset         all that is known of a project; snapshots of it are stored
encoder         what makes a vector of a text or of an image; one's own lie in the bucket
features        numbers that a model sees of tasks, as columns
model           what a recipe fits and loads; its experts are parts of it that are pooled
model version   a model that was trained on a snapshot, with its card; one is active
imported model  a model of another library, by `labelloop model import`
answers         what a model predicts of tasks; only its recipe can read them
prediction      an answer as Label Studio shows it: a result and a score
measure         how answers are compared with labels and with each other
hit             how right an answer is, 0 to 1; accuracy is the mean of hits
signature       which control a version answers: one of another control is not used
champion        the active version, as the gate compares it with the challenger, a new one
rejection       the gate's verdict that a version is not served
pool            the tasks that may still be labelled
shortlist       the tasks of a part of the pool that may come next
queue           the ranked tasks that are pushed; queue length: how many. (Wake-ups wait in the
                train queue and in the rank queue.)
random share    the tenth of the queue that no model chooses, and that accuracy is measured on
strategy        how the queue is chosen: by margin, entropy, typicality, diversity
sureness        how sure a model is of a task, 0 = most worth labelling
project key     <id>.<created>, as Label Studio names a project to its backends
wake-up         a message that a project is to be looked at
page            what a browser shows under /ui; its blocks are tables, to be downloaded too
session         a person's login to the pages, in a signed cookie; some are for reading alone
prune           delete what is neither in use nor new
sweep           the scheduled function, and what it does
survey          a walk over all tasks of a project in Label Studio, to find unreported changes
unauthorised    a request without credentials for what it asks (401)
bad model       an artefact that can't be served
"""

__version__ = "0.1.0"
