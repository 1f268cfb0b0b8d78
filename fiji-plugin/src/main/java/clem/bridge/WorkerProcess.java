package clem.bridge;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A worker process: requests go to its standard input from any number of threads, answers come from its standard output, and what it prints to
 * standard error is kept for the message about a crash. It is used until it ends; then another is started. One that holds nothing and does
 * nothing for a while is ended.
 */
final class WorkerProcess {
	private static final long POLL_MILLIS = 20, START_MILLIS = 30_000, END_MILLIS = 5_000;
	private static final Frame END = new Frame(0, 0, new byte[0]);

	private final Process process;
	private final OutputStream out;
	private final Map<Long, BlockingQueue<Frame>> inboxes = new ConcurrentHashMap<>();
	private final AtomicLong numbers = new AtomicLong();
	private final LastLines lastLines;
	private final Thread errors;
	private final SliceFiles files;
	private final long idleMillis;
	private final int pid;

	private int inUse, held;
	private boolean closing;
	private volatile boolean ended;
	private String trouble = "";

	/** Starts it. An IOException says that this program cannot be run here. */
	WorkerProcess(final List<String> command, final long idleMillis) throws IOException {
		this.idleMillis = idleMillis;
		process = new ProcessBuilder(command).start();
		out = process.getOutputStream();
		files = new SliceFiles(new SliceFiles.Worker() {
			@Override
			public void map(final SliceFile file) {
				call("a slice was passed", Frame.MAP, new Payload().putInt(file.number).putText(file.path.toString()).putLong(file.size).toArray(), null);
			}

			@Override
			public void unmap(final SliceFile file) {
				send(new Frame(numbers.incrementAndGet(), Frame.UNMAP, new Payload().putInt(file.number).toArray()));
			}
		});
		lastLines = new LastLines(process.getErrorStream());
		errors = daemon("errors", lastLines);
		daemon("answers", this::takeAnswers);
		pid = greet(command);
		daemon("idle", this::closeWhenIdle);
	}

	/** Its number in the system. */
	int pid() {
		return pid;
	}

	/** Whether it has ended. */
	boolean ended() {
		return ended;
	}

	/** Begins a use; false if it has ended or is about to. */
	synchronized boolean enter() {
		if (closing || ended) return false;
		inUse++;
		return true;
	}

	/** Ends a use. */
	synchronized void leave() {
		inUse--;
		notifyAll();
	}

	/** It holds so many objects more for Java. */
	synchronized void hold(final int more) {
		held += more;
		notifyAll();
	}

	/** Makes a request and waits for its answer; the listener (or null) hears meanwhile what there is to hear. */
	ByteBuffer call(final String what, final int kind, final byte[] payload, final WorkerListener listener) {
		final long id = numbers.incrementAndGet();
		final BlockingQueue<Frame> inbox = open(id);
		SliceFile file = null;
		boolean stopping = false, interrupted = false;
		long polled = System.nanoTime();
		try {
			send(new Frame(id, kind, payload));
			while (true) {
				Frame frame = null;
				try {
					frame = listener == null ? inbox.take() : inbox.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
				}
				catch (final InterruptedException e) {
					interrupted = true; // as in native code: whoever wants it to stop says so through the listener
				}
				if (frame == END) throw death(what, listener == null ? "" : listener.provider);
				if (frame != null && frame.kind == Frame.DONE) return frame.payload;
				if (frame != null && frame.kind == Frame.FAILED) throw Wire.failure(Payload.text(frame.payload));
				if (frame != null && frame.kind == Frame.ASK) file = give(id, frame, file, listener);
				else if (frame != null && listener != null) listener.hear(frame);
				final long now = System.nanoTime();
				if (stopping || listener == null || now - polled < TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS) && !listener.failed()) continue;
				polled = now;
				stopping = listener.cancelled();
				if (stopping) send(new Frame(id, Frame.CANCEL, new byte[0]));
			}
		}
		finally {
			inboxes.remove(id);
			if (file != null) files.give(file);
			if (interrupted) Thread.currentThread().interrupt();
		}
	}

	/** Writes or reads a slice. */
	void slice(final String what, final int kind, final long handle, final int z, final Object pixels, final WorkerListener listener) {
		final int count = SliceFile.count(pixels), width = SliceFile.width(pixels);
		final SliceFile file = files.take((long) count * width);
		try {
			if (kind == Frame.WRITE_SLICE) file.write(pixels);
			call(what, kind, slice(new Payload().putLong(handle).putInt(z), pixels, file), listener);
			if (kind == Frame.READ_SLICE) file.read(pixels);
		}
		catch (final IOException e) {
			throw lost(e);
		}
		finally {
			files.give(file);
		}
	}

	private static byte[] slice(final Payload payload, final Object pixels, final SliceFile file) {
		return payload.putByte(SliceFile.width(pixels)).putInt(SliceFile.count(pixels)).putInt(file.number).toArray();
	}

	/** Gives the slice that was asked for, in the file that the request has for that; the file that it has from now on. */
	private SliceFile give(final long id, final Frame asked, final SliceFile had, final WorkerListener listener) {
		SliceFile file = had;
		Frame answer = new Frame(id, Frame.NO_SLICE, new byte[0]);
		final Object pixels = listener.slice(asked.payload);
		if (pixels != null) {
			try {
				final long bytes = (long) SliceFile.count(pixels) * SliceFile.width(pixels);
				if (file == null || file.size < bytes) {
					final SliceFile larger = files.take(bytes);
					if (file != null) files.give(file);
					file = larger;
				}
				file.write(pixels);
				answer = new Frame(id, Frame.SLICE, slice(new Payload(), pixels, file));
			}
			catch (final IOException e) {
				listener.fail(lost(e));
			}
			catch (final ClemRegException e) {
				if (!ended) listener.fail(e); // its end is told as that of the request
			}
		}
		send(answer);
		return file;
	}

	private static ClemRegException lost(final IOException e) {
		return new ClemRegException(ClemRegException.Kind.INTERNAL, "A slice could not be passed. " + WorkerStart.name() + " uses files for that: " + e.getMessage(), e);
	}

	private BlockingQueue<Frame> open(final long id) {
		final BlockingQueue<Frame> inbox = new LinkedBlockingQueue<>();
		inboxes.put(id, inbox);
		if (ended) inbox.add(END); // its end may have come before the inbox
		return inbox;
	}

	private void send(final Frame frame) {
		try {
			synchronized (out) {
				frame.write(out);
			}
		}
		catch (final IOException e) {
			// It has ended: the end of its answers tells all who wait.
		}
	}

	private int greet(final List<String> command) throws IOException {
		final BlockingQueue<Frame> inbox = open(0);
		send(new Frame(0, Frame.HELLO, new Payload().putText("clemreg-worker").putInt(Frame.VERSION).toArray()));
		Frame answer = null;
		try {
			answer = inbox.poll(START_MILLIS, TimeUnit.MILLISECONDS);
		}
		catch (final InterruptedException e) {
			Thread.currentThread().interrupt();
		}
		inboxes.remove(0L);
		if (answer != null && answer != END && answer.payload.getInt() == Frame.VERSION) return answer.payload.getInt();
		process.destroyForcibly();
		throw new IOException(command.get(0) + " " + (answer == null ? "did not answer in time" : answer == END ? "ended at once: " + howItEnded() + " " + lastLines.joined(" ")
			: "is of another version"));
	}

	private void takeAnswers() {
		try {
			for (Frame frame = Frame.read(process.getInputStream()); frame != null; frame = Frame.read(process.getInputStream())) {
				final BlockingQueue<Frame> inbox = inboxes.get(frame.id);
				if (inbox != null) inbox.add(frame);
			}
		}
		catch (final IOException | RuntimeException | Error e) {
			trouble = e.getMessage() == null ? e.toString() : e.getMessage();
			process.destroyForcibly();
		}
		awaitEnd();
		synchronized (this) {
			ended = true;
			notifyAll();
		}
		files.close();
		for (final BlockingQueue<Frame> inbox : inboxes.values()) inbox.add(END);
	}

	private void awaitEnd() {
		try {
			if (!process.waitFor(END_MILLIS, TimeUnit.MILLISECONDS)) process.destroyForcibly().waitFor();
			errors.join(END_MILLIS); // what it said last
		}
		catch (final InterruptedException e) {
			Thread.currentThread().interrupt(); // nobody interrupts this thread
		}
	}

	private void closeWhenIdle() {
		final long idle = TimeUnit.MILLISECONDS.toNanos(idleMillis);
		long since = System.nanoTime();
		synchronized (this) {
			while (!ended && !closing) {
				try {
					if (inUse > 0 || held > 0) {
						wait();
						since = System.nanoTime();
					}
					else if (System.nanoTime() - since < idle) wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(idle - (System.nanoTime() - since))));
					else closing = true;
				}
				catch (final InterruptedException e) {
					return;
				}
			}
		}
		close();
	}

	/** Ends it: it goes when its input ends. */
	void close() {
		synchronized (this) {
			closing = true;
		}
		try {
			out.close();
		}
		catch (final IOException e) {
			// It has ended.
		}
	}

	private ClemRegException death(final String what, final String provider) {
		final String words = lastLines.joined("\n"), last = words.substring(words.lastIndexOf('\n') + 1);
		return new ClemRegException(ClemRegException.Kind.MODEL, WorkerStart.name() + " ended while " + what + ": " + howItEnded() + " " + advice(process.exitValue(), provider) +
			"Nothing else is affected; the next run starts a new process." + (last.isEmpty() ? "" : " It said last: " + last), words.isEmpty() ? null : new IllegalStateException(words));
	}

	/** What to try, by what was computing. */
	static String advice(final int code, final String provider) {
		if (code == 128 + 9) {
			return "That is how a system whose memory runs out ends programs: close other programs" + (provider.isEmpty() ? "" : ", or give the model smaller pieces (em_tile; MitoNet: downsample_f)") + ". ";
		}
		switch (provider) {
			case "": return "";
			case "cpu": return "No graphics processor was at work: take another model, or another build of ONNX Runtime (environment variable FIJI_ORT_LIB). ";
			case "auto": return "If a graphics processor computed, try provider = cpu or update its driver; else take another model. ";
			default: return "Try provider = cpu, update the driver of the graphics processor, or take another model. ";
		}
	}

	private String howItEnded() {
		final int code = process.exitValue();
		return trouble.isEmpty() ? ExitCodes.text(code) : trouble + "; " + ExitCodes.text(code);
	}

	private Thread daemon(final String name, final Runnable work) {
		final Thread thread = new Thread(work, "clemreg-worker-" + name);
		thread.setDaemon(true);
		thread.start();
		return thread;
	}
}
