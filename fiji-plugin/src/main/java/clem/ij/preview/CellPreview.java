package clem.ij.preview;

import java.awt.Color;
import java.awt.Font;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

import clem.bridge.Bridge;
import clem.json.Json;
import clem.schema.Operation;
import clem.workflow.CellResults;
import clem.workflow.CellRois;
import ij.ImagePlus;
import ij.gui.Overlay;
import ij.gui.PointRoi;
import ij.gui.Roi;
import ij.gui.TextRoi;

/** The part of a dialog that shows the cells of the image's current section: outlines, each with its score, and the published method's markers. The image's own overlay stays as it is. On ImageJ's event thread only. */
public final class CellPreview extends LivePreview<CellRequest, CellPreview.Cells> {
	static final String NAME = "CLEM-Reg preview";

	private static final Color COLOUR = Color.CYAN;
	private static final Color MARKER_COLOUR = Color.MAGENTA;
	/** Scores are written where there are not too many to be read. */
	private static final int MOST_SCORES = 150;

	private final Operation detection;
	private final Supplier<Bridge> bridge;
	private final DialogValues values;
	private final List<Roi> drawn = new ArrayList<>();
	private ImagePlus image;
	private boolean hidden;

	/** The cells of one section. */
	static final class Cells {
		private final List<CellResults.Cell> cells;
		private final List<Roi> rois;
		private final PointRoi markers;
		private final String summary;

		Cells(final CellResults found, final String summary) {
			cells = found.cells();
			rois = found.rois();
			markers = found.markers();
			this.summary = summary;
		}
	}

	/**
	 * Prepares; nothing is computed before the user asks.
	 *
	 * @param detection the operation detect_cells
	 * @param bridge asked in the background
	 */
	public CellPreview(final Operation detection, final Supplier<Bridge> bridge, final DialogValues values) {
		super("Shows the cells of the image's current section.", "Finds the cells of the current section and draws their outlines with their scores over the image; of the published method the markers too, from which its watershed starts. The image itself is not changed.");
		this.detection = detection;
		this.bridge = bridge;
		this.values = values;
	}

	@Override
	protected CellRequest request() {
		return new CellRequest(values, detection, watch);
	}

	@Override
	protected PreviewRun<CellRequest, Cells> work(final CellRequest request) {
		return new PreviewRun<>(request, bridge, detection, results -> new Cells(new CellResults(detection, results), Json.asText(results.report.get("summary"), "")));
	}

	@Override
	protected void show(final PreviewRun<CellRequest, Cells> finished) {
		final Cells found = finished.answer();
		image = finished.request.image;
		hidden = image.getHideOverlay();
		final Overlay overlay = image.getOverlay() == null ? new Overlay() : image.getOverlay();
		for (int i = 0; i < found.rois.size(); i++) {
			final CellResults.Cell cell = found.cells.get(i);
			final Roi outline = found.rois.get(i);
			outline.setStrokeColor(COLOUR);
			add(overlay, outline, finished.request.slice);
			if (found.rois.size() > MOST_SCORES) continue;
			final int letters = Math.max(8, image.getWidth() / 50);
			// Above the box, so that it hides nothing of the cell.
			final TextRoi score = new TextRoi(cell.x, Math.max(0, cell.y - letters - 4), String.format(Locale.ROOT, "%.2f", cell.score), new Font(Font.SANS_SERIF, Font.PLAIN, letters));
			score.setStrokeColor(COLOUR);
			add(overlay, score, finished.request.slice);
		}
		if (found.markers != null) {
			found.markers.setStrokeColor(MARKER_COLOUR);
			found.markers.setPointType(PointRoi.CROSSHAIR);
			found.markers.setShowLabels(false);
			add(overlay, found.markers, finished.request.slice);
		}
		image.setHideOverlay(false);
		image.setOverlay(overlay.size() == 0 ? null : overlay);
		say(String.format(Locale.ROOT, "Slice %d, computed in %.1f s: %s", finished.request.slice, finished.took(), found.summary));
	}

	private void add(final Overlay overlay, final Roi roi, final int slice) {
		roi.setName(NAME);
		CellRois.place(roi, slice, image);
		overlay.add(roi);
		drawn.add(roi);
	}

	@Override
	protected void hide() {
		if (drawn.isEmpty()) return;
		final Overlay overlay = image.getOverlay();
		if (overlay != null) {
			for (int i = overlay.size() - 1; i >= 0; i--) {
				final Roi roi = overlay.get(i);
				// By identity: a ROI of the user's may be equal to one of ours.
				if (drawn.stream().anyMatch(own -> own == roi)) overlay.remove(i);
			}
			image.setOverlay(overlay.size() == 0 ? null : overlay);
			image.setHideOverlay(hidden);
		}
		drawn.clear();
	}
}
