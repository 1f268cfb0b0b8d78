package clem.ij;

import java.awt.BorderLayout;
import java.awt.Color;
import java.awt.Desktop;
import java.awt.Dimension;
import java.awt.FlowLayout;
import java.awt.Font;
import java.awt.Frame;
import java.awt.GridBagConstraints;
import java.awt.GridBagLayout;
import java.awt.Insets;
import java.awt.Window;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import javax.swing.BorderFactory;
import javax.swing.JButton;
import javax.swing.JComponent;
import javax.swing.JDialog;
import javax.swing.JFileChooser;
import javax.swing.JLabel;
import javax.swing.JOptionPane;
import javax.swing.JPanel;
import javax.swing.SwingUtilities;
import javax.swing.WindowConstants;

import clem.bridge.Bridge;
import clem.bridge.ClemRegException;
import clem.image.ImageFiles;
import clem.json.Json;
import clem.schema.Operation;
import clem.schema.Parameter;
import clem.schema.Schema;
import clem.workflow.Commands;
import clem.workflow.FileRequest;
import clem.workflow.FileRunner;
import clem.workflow.Quiet;
import ij.IJ;
import ij.ImagePlus;
import ij.Prefs;
import ij.WindowManager;

/**
 * The steps of a project, how they stand, and a button for each: it opens the step's dialog with the project's paths filled in, and notes the result. The project's file is read and written by
 * the operation famous_project only, anew for each action, so that a project that was edited meanwhile is never overwritten with what this window knew.
 */
final class ProjectWindow {
	static final String OPERATION = "famous_project", NAME = "clemreg.famous_project";
	private static final String LAST = "clemreg.project";
	private static final int WIDTH = 620, REASONS = 330;
	private static final Color DONE = new Color(0, 128, 0), OLD = new Color(190, 100, 0), MISSING = Color.GRAY;

	private final Bridge bridge;
	private final Schema schema;
	private final File folder;
	private final JDialog dialog;
	private final JPanel steps = new JPanel(new GridBagLayout());
	private final JLabel head = new JLabel(), status = new JLabel(" ");
	private final List<JButton> buttons = new ArrayList<>();
	private Map<String, Object> report;

	private ProjectWindow(final Bridge bridge, final File folder) {
		this.bridge = bridge;
		this.folder = folder;
		schema = Schema.parse(bridge.schema());
		dialog = new JDialog((Frame) IJ.getInstance(), "CLEM-Reg: FAMOUS project " + folder.getName(), false);
		dialog.setName(NAME);
		dialog.setDefaultCloseOperation(WindowConstants.DISPOSE_ON_CLOSE);
		head.setName("head");
		head.setBorder(BorderFactory.createEmptyBorder(8, 8, 4, 8));
		status.setName("status");
		dialog.add(head, BorderLayout.NORTH);
		dialog.add(steps, BorderLayout.CENTER);
		final JPanel below = new JPanel(new BorderLayout());
		final JPanel row = new JPanel(new FlowLayout(FlowLayout.RIGHT));
		row.add(button("Classes...", "classes", this::askClasses));
		row.add(button("Model...", "model", this::askModel));
		row.add(button("Open folder", "folder", this::openFolder));
		row.add(button("Refresh", "refresh", () -> {}));
		final JButton close = new JButton("Close");
		close.setName("close");
		close.addActionListener(e -> dialog.dispose());
		row.add(close);
		status.setBorder(BorderFactory.createEmptyBorder(0, 8, 0, 8));
		below.add(status, BorderLayout.NORTH);
		below.add(row, BorderLayout.SOUTH);
		dialog.add(below, BorderLayout.SOUTH);
	}

	/** Asks for a project's folder and opens it; in a folder without a project, one is made. */
	static void choose(final Bridge bridge) {
		final File[] chosen = new File[1];
		AnnotateCommand.onSwing(() -> {
			final JFileChooser chooser = new JFileChooser(Prefs.get(LAST, ""));
			chooser.setFileSelectionMode(JFileChooser.DIRECTORIES_ONLY);
			chooser.setDialogTitle("The folder of a FAMOUS project, or an empty one for a new project");
			chooser.setApproveButtonText("Open or make");
			if (chooser.showDialog(IJ.getInstance(), null) == JFileChooser.APPROVE_OPTION) chosen[0] = chooser.getSelectedFile();
		});
		if (chosen[0] != null) open(bridge, chosen[0]);
	}

	/** Opens the window of a project, which is made if the folder holds none. */
	static ProjectWindow open(final Bridge bridge, final File folder) {
		final Window shown = Windows.front(NAME);
		if (shown != null) AnnotateCommand.onSwing(shown::dispose);
		final ProjectWindow window = new ProjectWindow(bridge, folder.getAbsoluteFile());
		final boolean made = new File(folder, "project.json").isFile() || new File(folder, "project.json.bak").isFile();
		try {
			window.report = window.call(made ? "status" : "new");
		}
		catch (final ClemRegException e) {
			if (!new File(folder, "project.json.bak").isFile()) throw e;
			final String[] answers = { "Bring it back", "Cancel" };
			final int[] answer = new int[1];
			AnnotateCommand.onSwing(() -> answer[0] = JOptionPane.showOptionDialog(IJ.getInstance(), ClemReg.wrapped(e.getMessage()) + "\n\nBring the version before back? The damaged file is kept.", "CLEM-Reg", JOptionPane.DEFAULT_OPTION,
				JOptionPane.WARNING_MESSAGE, null, answers, answers[1]));
			if (answer[0] != 0) return null;
			window.report = window.call("restore");
		}
		Prefs.set(LAST, folder.getAbsolutePath());
		AnnotateCommand.onSwing(window::show);
		return window;
	}

	private void show() {
		list();
		Windows.pack(dialog);
		dialog.setSize(Math.max(Windows.scaled(WIDTH), dialog.getWidth()), dialog.getHeight());
		dialog.setLocationRelativeTo(IJ.getInstance());
		final Dimension screen = IJ.getScreenSize();
		dialog.setLocation(Math.max(0, Math.min(dialog.getX(), screen.width - dialog.getWidth())), Math.max(0, Math.min(dialog.getY(), screen.height - dialog.getHeight())));
		dialog.setVisible(true);
	}

	/** Calls the operation; keys and values in turns, image among them. */
	private Map<String, Object> call(final String action, final String... values) {
		final FileRequest request = new FileRequest(OPERATION);
		request.inputs.put("project", folder.getPath());
		request.parameters.put("action", action);
		for (int i = 0; i < values.length; i += 2) {
			if (values[i].equals("image") || values[i].equals("detector") || values[i].equals("recipes")) request.inputs.put(values[i], values[i + 1]);
			else request.parameters.put(values[i], values[i + 1]);
		}
		return Json.parseObject(new FileRunner(bridge).run(request, new Quiet(null) {
			@Override
			public void warning(final String message) {
				IJ.log("CLEM-Reg warning: " + message);
			}
		}));
	}

	/** Steps with their state, reasons and button. */
	private void list() {
		steps.removeAll();
		buttons.removeIf(button -> button.getName().startsWith("step."));
		final Map<String, Object> stack = Json.asObject(report.get("stack"));
		final StringBuilder text = new StringBuilder("<html><b>").append(escaped(folder.getPath())).append("</b>");
		if (stack.get("size_zyx") != null) {
			final List<Object> size = Json.asList(stack.get("size_zyx"));
			text.append("<br>").append(escaped(new File(Json.asText(report.get("stack_path"), "")).getName())).append(": ").append(Parameter.text(size.get(2))).append(" x ").append(Parameter.text(size.get(1))).append(" x ").append(Parameter.text(size.get(0))).append(" voxels");
		}
		final List<Object> classes = Json.asList(report.get("classes"));
		if (!classes.isEmpty()) text.append("<br>");
		for (final Object item : classes) {
			final Map<String, Object> one = Json.asObject(item);
			text.append("<font color=\"").append(Json.asText(one.get("colour"), "#000000")).append("\">&#9632;</font> ").append(escaped(Json.asText(one.get("name"), ""))).append("&nbsp; ");
		}
		if (!Json.asText(report.get("detector"), "").isEmpty()) text.append("<br>Model: ").append(escaped(new File(Json.asText(report.get("detector"), "")).getName()));
		head.setText(text.append("</html>").toString());
		final GridBagConstraints at = new GridBagConstraints();
		at.insets = new Insets(3, 8, 3, 8);
		at.anchor = GridBagConstraints.WEST;
		at.gridy = 0;
		for (final Object item : Json.asList(report.get("steps"))) {
			final Map<String, Object> step = Json.asObject(item);
			final String name = Json.asText(step.get("name"), ""), operation = Json.asText(step.get("operation"), ""), state = Json.asText(step.get("state"), "");
			// A step that this version cannot do is not offered.
			if (!operation.isEmpty() && schema.find(operation) == null) continue;
			final JLabel title = new JLabel(Json.asText(step.get("title"), name)), shown = new JLabel(state.replace('_', ' '));
			shown.setName("state." + name);
			shown.setFont(shown.getFont().deriveFont(Font.BOLD));
			shown.setForeground(state.equals("done") ? DONE : state.equals("missing") ? MISSING : OLD);
			final List<String> why = new ArrayList<>();
			for (final String key : new String[] { "reasons", "notes" }) for (final Object reason : Json.asList(step.get(key))) why.add(escaped(String.valueOf(reason)));
			final JLabel reasons = new JLabel(why.isEmpty() ? "" : "<html><p width=" + REASONS + ">" + String.join("<br>", why) + "</p></html>");
			reasons.setName("why." + name);
			reasons.setFont(reasons.getFont().deriveFont(Font.PLAIN));
			at.gridx = 0;
			add(title, at, 0);
			add(shown, at, 0);
			add(reasons, at, 1);
			add(button(name.equals("stack") ? state.equals("missing") && Json.asText(report.get("stack_path"), "").isEmpty() ? "Choose..." : "Show / choose..." : name.equals("annotate") ? "Annotate..." : state.equals("missing") ? "Run..." : "Run again...", "step." + name, () -> doStep(step)), at, 0);
			at.gridy++;
		}
		status.setText(Json.asText(report.get("summary"), " "));
		steps.revalidate();
		steps.repaint();
	}

	private void add(final JComponent part, final GridBagConstraints at, final double weight) {
		at.weightx = weight;
		at.fill = GridBagConstraints.HORIZONTAL;
		steps.add(part, at);
		at.gridx++;
	}

	private static String escaped(final String text) {
		return text.replace("&", "&amp;").replace("<", "&lt;");
	}

	/** A button whose work goes on beside the windows; they are brought up to date afterwards. */
	private JButton button(final String label, final String name, final Runnable work) {
		final JButton button = new JButton(label);
		button.setName(name);
		button.addActionListener(e -> {
			for (final JButton other : buttons) other.setEnabled(false);
			new Thread(() -> {
				try {
					work.run();
				}
				catch (final RuntimeException | Error error) {
					ClemReg.tell(error);
				}
				finally {
					refresh();
				}
			}, "CLEM-Reg project").start();
		});
		buttons.add(button);
		return button;
	}

	/** Reads the project anew and shows it. */
	private void refresh() {
		try {
			report = call("status");
		}
		catch (final ClemRegException e) {
			ClemReg.tell(e);
		}
		SwingUtilities.invokeLater(() -> {
			list();
			Windows.scale(steps);
			for (final JButton button : buttons) button.setEnabled(true);
			dialog.pack();
			dialog.setSize(Math.max(Windows.scaled(WIDTH), dialog.getWidth()), dialog.getHeight());
		});
	}

	private void doStep(final Map<String, Object> step) {
		final String name = Json.asText(step.get("name"), "");
		if (name.equals("stack")) stack();
		else if (name.equals("annotate")) annotate(step);
		else run(step, schema.operation(Json.asText(step.get("operation"), "")));
	}

	/** Shows the stack; where there is none, or the user wants another, asks for its file. */
	private void stack() {
		final String path = Json.asText(report.get("stack_path"), "");
		if (new File(path).isFile()) {
			final String[] answers = { "Show it", "Name it again", "Choose another..." };
			final int[] answer = new int[1];
			AnnotateCommand.onSwing(() -> answer[0] = JOptionPane.showOptionDialog(dialog, path, "CLEM-Reg: the stack", JOptionPane.DEFAULT_OPTION, JOptionPane.QUESTION_MESSAGE, null, answers, answers[0]));
			if (answer[0] == 0) image();
			if (answer[0] == 1) call("set", "image", path);
			if (answer[0] != 2) return;
		}
		final File file = file("The EM stack", path);
		if (file != null) call("set", "image", file.getPath());
	}

	private File file(final String title, final String before) {
		final File[] file = new File[1];
		AnnotateCommand.onSwing(() -> {
			final JFileChooser chooser = new JFileChooser(before.isEmpty() ? folder : new File(before));
			chooser.setDialogTitle(title);
			if (chooser.showOpenDialog(dialog) == JFileChooser.APPROVE_OPTION) file[0] = chooser.getSelectedFile();
		});
		return file[0];
	}

	/** The stack as an open image; opened, slice by slice, if it is not. */
	private ImagePlus image() {
		final String path = Json.asText(report.get("stack_path"), "");
		if (path.isEmpty()) throw ClemRegException.badInput("The project has no stack yet: press Choose... in the line Stack.");
		return opened("stack", new File(path));
	}

	private static ImagePlus opened(final String role, final File file) {
		final int[] ids = WindowManager.getIDList();
		if (ids != null) for (final int id : ids) {
			final ImagePlus image = WindowManager.getImage(id);
			if (image != null && file.getAbsoluteFile().equals(source(image))) return image;
		}
		final ImagePlus image = ImageFiles.openImage(role, ImageFiles.choice(role, file.getPath()));
		if (image.getTitle() == null || image.getTitle().isEmpty()) image.setTitle(file.getName());
		image.setProperty(LAST, file.getAbsoluteFile());
		image.show();
		return image;
	}

	private static File source(final ImagePlus image) {
		if (image.getProperty(LAST) instanceof File) return (File) image.getProperty(LAST);
		final ij.io.FileInfo info = image.getOriginalFileInfo();
		return info == null || info.directory == null || info.fileName == null ? null : new File(info.directory, info.fileName).getAbsoluteFile();
	}

	private void annotate(final Map<String, Object> step) {
		final ImagePlus image = image();
		final Map<String, Color> classes = new LinkedHashMap<>();
		for (final Object item : Json.asList(report.get("classes"))) {
			final Map<String, Object> one = Json.asObject(item);
			classes.put(Json.asText(one.get("name"), ""), Color.decode(Json.asText(one.get("colour"), "#ffff00")));
		}
		AnnotateCommand.open(bridge, image, new File(Json.asText(step.get("place"), "")), classes, folder -> {
			call("record", "step", "annotate", "step_result", folder.getPath(), "step_inputs", "image=" + Json.asText(report.get("stack_path"), ""));
			refresh();
		});
	}

	/** Asks for the parameters of a step with the paths filled in, runs it and notes what was done. */
	private void run(final Map<String, Object> step, final Operation operation) {
		final String place = Json.asText(step.get("place"), "");
		final Map<String, String> filledIn = new LinkedHashMap<>();
		for (final Map.Entry<String, Object> parameter : Json.asObject(step.get("parameters")).entrySet()) filledIn.put(parameter.getKey(), Parameter.text(parameter.getValue()));
		for (final Commands.FileInput input : Commands.inputs(operation)) {
			final String value = offered(input, operation);
			if (value != null) filledIn.put(input.name, value);
		}
		filledIn.put(Fields.OUT, place);
		filledIn.put(Fields.OVERWRITE, String.valueOf(new File(place).exists()));
		final Map<String, String> values = ClemReg.ask(bridge, schema, operation, filledIn, dialog);
		if (values == null) return;
		if (values.get(Fields.OUT).isEmpty()) {
			IJ.log("CLEM-Reg: the result was not saved (no output folder), so the project does not know of it.");
			return;
		}
		final StringBuilder inputs = new StringBuilder();
		for (final Commands.FileInput input : Commands.inputs(operation)) {
			final File file = file(input, values.get(input.name));
			if (file != null) inputs.append(inputs.length() == 0 ? "" : ";").append(input.name).append('=').append(file.getPath());
		}
		final Map<String, Object> parameters = new LinkedHashMap<>();
		for (final Parameter parameter : operation.parameters) {
			final String value = values.get(parameter.name);
			if (value != null && !value.equals(parameter.defaultText())) parameters.put(parameter.name, value);
		}
		report = call("record", "step", Json.asText(step.get("name"), ""), "step_result", values.get(Fields.OUT), "step_inputs", inputs.toString(), "step_parameters", Json.write(parameters));
	}

	/** What the project offers for an input, or null. */
	private String offered(final Commands.FileInput input, final Operation operation) {
		switch (input.name) {
			case "image": return image().getTitle();
			// Where there are boxes they go before the network that finds them.
			case "model": case "detector": return operation.input("boxes") != null && !boxes(operation).isEmpty() ? null : Json.asText(report.get("detector"), "");
			case "recipes": return Json.asText(report.get("recipes"), "");
			case "boxes": return boxes(operation);
			case "classes": case "a_classes": {
				final File classes = new File(result("segment"), "classes.csv");
				return classes.isFile() ? classes.getPath() : null;
			}
			case "labels": case "a": {
				final File labels = new File(result("segment"), "labels.tif");
				return labels.isFile() ? opened(input.name, labels).getTitle() : null;
			}
			default: return null;
		}
	}

	/** A dataset is made of what a person drew; pixels are found in all boxes. */
	private String boxes(final Operation operation) {
		final String detected = result("detect"), drawn = result("annotate");
		return detected.isEmpty() || operation.name.equals("export_dataset") ? drawn : detected;
	}

	private String result(final String name) {
		for (final Object item : Json.asList(report.get("steps"))) {
			final Map<String, Object> step = Json.asObject(item);
			if (name.equals(step.get("name")) && !"missing".equals(step.get("state"))) return Json.asText(step.get("result"), "");
		}
		return "";
	}

	/** The file behind what was chosen for an input, or null. */
	private static File file(final Commands.FileInput input, final String value) {
		if (value == null || value.isEmpty()) return null;
		if (input.isImage()) {
			final ImagePlus image = Images.open(value);
			return image == null ? existing(value) : existing(source(image) == null ? "" : source(image).getPath());
		}
		return existing(value);
	}

	private static File existing(final String path) {
		return !path.isEmpty() && new File(path).exists() ? new File(path).getAbsoluteFile() : null;
	}

	private void askClasses() {
		final StringBuilder now = new StringBuilder();
		for (final Object item : Json.asList(report.get("classes"))) {
			final Map<String, Object> one = Json.asObject(item);
			now.append(now.length() == 0 ? "" : ", ").append(Json.asText(one.get("name"), "")).append('=').append(Json.asText(one.get("colour"), ""));
		}
		final Object[] answer = new Object[1];
		AnnotateCommand.onSwing(() -> answer[0] = JOptionPane.showInputDialog(dialog, "Classes in their order, with colours if you like:\nmitochondria=#33cc4d, nucleus", "CLEM-Reg", JOptionPane.PLAIN_MESSAGE, null, null, now.toString()));
		if (answer[0] != null && !answer[0].toString().trim().isEmpty()) call("set", "classes", answer[0].toString());
	}

	private void askModel() {
		final File file = file("The ONNX model of the step Detect", Json.asText(report.get("detector"), ""));
		if (file != null) call("set", "detector", file.getPath());
	}

	private void openFolder() {
		try {
			if (Desktop.isDesktopSupported() && Desktop.getDesktop().isSupported(Desktop.Action.OPEN)) {
				Desktop.getDesktop().open(folder);
				return;
			}
		}
		catch (final IOException e) {
			// Its path is told in place of it.
		}
		AnnotateCommand.onSwing(() -> JOptionPane.showInputDialog(dialog, "The project's folder:", "CLEM-Reg", JOptionPane.PLAIN_MESSAGE, null, null, folder.getPath()));
	}
}
