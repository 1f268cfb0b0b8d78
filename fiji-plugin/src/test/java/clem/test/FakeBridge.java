package clem.test;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

import clem.bridge.Bridge;
import clem.bridge.ClemRegException;
import clem.bridge.OperationListener;
import clem.bridge.OperationResult;
import clem.bridge.SliceReader;
import clem.bridge.VoxelKind;
import clem.json.Json;

/**
 * A bridge in plain Java, so that the layer above can be tested without the native library: volumes are real, registration is the
 * identity, and the parameter "fail" makes an operation end in each kind of error.
 */
public final class FakeBridge implements Bridge {
	private static final String CELLS = "{'name':'cell_score','label':'Score','type':'number','default':0.23,'minimum':0,'maximum':1,'group':'Cells','help':''},"
		+ "{'name':'cell_method','label':'Method','type':'choice','default':'outlines','choices':['outlines','published'],'option':true,'group':'Cells','help':''},"
		+ "{'name':'fail','label':'Fail','type':'text','default':'','group':'Cells','help':'Name of an error.'}";

	/** A schema with one parameter of each type. */
	public static final String SCHEMA = "{'version':'9.9.9','operations':["
		+ "{'name':'register','title':'Register','help':'Registers fluorescence onto EM.','inputs':["
		+ "{'name':'moving','kind':'volume','required':true,'help':'The fluorescence.'},{'name':'fixed_mask','kind':'mask','required':false,'help':'The mask of the EM.'},{'name':'model','kind':'model','required':false,'help':'Finds the mask.'},"
		+ "{'name':'moving_mask','kind':'mask','required':false,'help':'A mask of the fluorescence.'},"
		+ "{'name':'moving_points','kind':'points','required':false,'help':''},{'name':'fixed_points','kind':'points','required':false,'help':''},"
		+ "{'name':'registration_start','kind':'text','required':false,'help':''},{'name':'transform','kind':'text','required':false,'help':''}],'outputs':[{'name':'moving_mask','kind':'mask'},"
		+ "{'name':'moving_points','kind':'points'},{'name':'fixed_points','kind':'points'},{'name':'registered_points','kind':'points'},"
		+ "{'name':'transform','kind':'transform'},{'name':'inverse_transform','kind':'transform'}],"
		+ "'presets':{'default':{},'paper':{'filter_segmentation':true,'seed':7}},'parameters':["
		+ "{'name':'preset','label':'Preset','type':'choice','default':'default','choices':['default','paper'],'group':'General','help':'Values for many.'},"
		+ "{'name':'moving_frame','label':'Time point','type':'integer','default':1,'minimum':1,'maximum':1000,'group':'General','help':''},"
		+ "{'name':'registration_direction','label':'Direction','type':'choice','default':'fm_to_em','choices':['fm_to_em','em_to_fm'],'group':'Registration','help':'Whose image is warped.'},"
		+ "{'name':'log_sigma','label':'LoG sigma','type':'number','unit':'voxels','default':3.0,'minimum':0.3,'maximum':50,'group':'Segmentation','help':'Width of the filter.'},"
		+ "{'name':'filter_segmentation','label':'Filter by size','type':'boolean','default':false,'group':'Segmentation','help':'Whether to filter.'},"
		+ "{'name':'roi_polygon','label':'Region','type':'text','unit':'pixels','default':'','group':'Region','help':'Corners x,y x,y \\u00b5.'},"
		+ "{'name':'z_min','label':'First slice','type':'integer','default':0,'minimum':0,'maximum':100000,'group':'Region','help':'From 1.'},"
		+ "{'name':'z_max','label':'Last slice','type':'integer','default':0,'minimum':0,'maximum':100000,'group':'Region','help':'From 1.'},"
		+ "{'name':'fail','label':'Fail','type':'text','default':'','group':'Registration','help':'Name of an error.'},"
		+ "{'name':'report','label':'Report','type':'boolean','default':true,'group':'Region','help':''},"
		+ "{'name':'seg_thr','label':'Threshold','type':'number','default':0,'minimum':0,'maximum':1,'group':'Segmentation','help':''},"
		+ "{'name':'verdict','label':'Verdict','type':'text','default':'','group':'Registration','help':'What to judge.'},"
		+ "{'name':'seed','label':'Seed','type':'integer','default':1,'minimum':0,'maximum':2147483647,'group':'Registration','help':'Seed.'}]},"
		+ "{'name':'segment_fluorescence','title':'Segment fluorescence','help':'Finds objects.','inputs':[{'name':'moving','kind':'volume','required':true,'help':'The fluorescence.'}],"
		+ "'outputs':[{'name':'mask','kind':'mask'}],'parameters':[{'name':'log_sigma','label':'LoG sigma','type':'number','unit':'voxels','default':3.0,'minimum':0.3,'maximum':50,'group':'Segmentation','help':''}]},"
		+ "{'name':'sample_points','title':'Sample points','help':'','inputs':[{'name':'mask','kind':'mask','required':true,'help':'A mask.'}],'outputs':[{'name':'points','kind':'points'}],'parameters':[]},"
		+ "{'name':'register_points','title':'Register points','help':'','inputs':[{'name':'moving_points','kind':'points','required':true,'help':''},"
		+ "{'name':'fixed_points','kind':'points','required':true,'help':''}],'outputs':[{'name':'transform','kind':'transform'},{'name':'inverse_transform','kind':'transform'},"
		+ "{'name':'registered_points','kind':'points'}],'parameters':[]},"
		+ "{'name':'warp','title':'Warp','help':'','inputs':[{'name':'source','kind':'source','required':true,'help':''},{'name':'transform','kind':'transform','required':true,'help':''},"
		+ "{'name':'target','kind':'source','required':true,'help':''}],'outputs':[{'name':'warped','kind':'source'}],'parameters':[]},"
		+ "{'name':'segment_em','title':'Segment EM','help':'','inputs':[{'name':'image','kind':'source','required':true,'help':''},{'name':'model','kind':'model','required':true,'help':''}],"
		+ "'outputs':[{'name':'labels','kind':'source'},{'name':'mask','kind':'mask'},{'name':'run','kind':'text'}],'parameters':["
		+ "{'name':'em_tile','label':'Tile','type':'integer','default':0,'minimum':0,'maximum':1000,'group':'Model','help':''},"
		+ "{'name':'seg_thr','label':'Threshold','type':'number','default':0,'minimum':0,'maximum':1,'group':'Objects','help':''},"
		+ "{'name':'fail','label':'Fail','type':'text','default':'','group':'Model','help':'Name of an error.'}]},"
		+ "{'name':'model_probability','title':'Model Probability','help':'','inputs':[{'name':'image','kind':'source','required':true,'help':''},{'name':'model','kind':'model','required':true,'help':''}],"
		+ "'outputs':[{'name':'probability','kind':'volume'},{'name':'boundary','kind':'volume'},{'name':'run','kind':'text'}],'parameters':["
		+ "{'name':'em_tile','label':'Tile','type':'integer','default':0,'minimum':0,'maximum':1000,'group':'Model','help':''},"
		+ "{'name':'first_slice','label':'First slice','type':'integer','default':0,'minimum':0,'maximum':1000,'group':'Slices','help':''},"
		+ "{'name':'last_slice','label':'Last slice','type':'integer','default':0,'minimum':0,'maximum':1000,'group':'Slices','help':''},"
		+ "{'name':'fail','label':'Fail','type':'text','default':'','group':'Model','help':'Name of an error.'}]},"
		+ "{'name':'register_plan','title':'Plan','help':'','inputs':[],'outputs':[],'parameters':[]},"
		+ "{'name':'overlay','title':'Overlay','help':'','inputs':[],'outputs':[],'parameters':["
		+ "{'name':'report','label':'Report','type':'boolean','default':true,'group':'Picture','help':''}]},"
		+ "{'name':'residuals','title':'Residuals','help':'','inputs':[],'outputs':[],'parameters':[]},"
		+ "{'name':'transform_points','title':'Transform points','help':'','inputs':[{'name':'points','kind':'points','required':true,'help':''},"
		+ "{'name':'transform','kind':'transform','required':true,'help':''}],'outputs':[{'name':'points','kind':'points'}],'parameters':[]},"
		+ "{'name':'export_transform','title':'Export transform','help':'','inputs':[{'name':'transform','kind':'text','required':true,'help':''},"
		+ "{'name':'moving','kind':'source','required':false,'help':''}],'outputs':[{'name':'file','kind':'text'}],'parameters':["
		+ "{'name':'format','label':'Format','type':'choice','default':'one','choices':['one','folder'],'option':true,'group':'File','help':'Which.'},"
		+ "{'name':'turned','label':'Turned','type':'boolean','default':false,'option':true,'group':'File','help':'Whether.'}]},"
		+ "{'name':'evaluate','title':'Evaluate','help':'','inputs':[{'name':'transform','kind':'text','required':false,'help':''},{'name':'landmarks','kind':'text','required':false,'help':''},"
		+ "{'name':'registered','kind':'source','required':false,'help':''},{'name':'labels','kind':'source','required':false,'help':''}],'outputs':[{'name':'report','kind':'text'},"
		+ "{'name':'structures','kind':'text'}],'parameters':[{'name':'label_components','label':'Label components','type':'boolean','default':false,'option':true,'group':'Structures','help':''}]},"
		+ "{'name':'convert_model','title':'Convert Model','help':'','inputs':[{'name':'model','kind':'file','required':true,'help':'The .pth file.'}],'outputs':[{'name':'onnx','kind':'file'}],'parameters':["
		+ "{'name':'mean','label':'Mean','type':'number','default':0.5,'group':'Training','help':''}]},"
		+ "{'name':'detect_cells','title':'Detect cells','help':'','inputs':[{'name':'image','kind':'sections','required':true,'help':''}],"
		+ "'outputs':[{'name':'boxes','kind':'text'},{'name':'labels','kind':'source'},{'name':'run','kind':'text'}],'parameters':[" + CELLS + "]},"
		+ "{'name':'segment_organelles','title':'Segment Organelles','help':'','inputs':[{'name':'image','kind':'sections','required':true,'help':''},{'name':'boxes','kind':'boxes','required':false,'help':''},"
		+ "{'name':'recipes','kind':'text','required':false,'help':''},{'name':'segmentation','kind':'sections','required':false,'help':''}],'outputs':[{'name':'labels','kind':'source'},{'name':'objects','kind':'text'}],'parameters':["
		+ "{'name':'recipe','label':'Recipe','type':'choice','default':'by_class','choices':['by_class','dark'],'group':'Recipe','help':''},"
		+ "{'name':'recipe_blur','label':'Blur','type':'number','default':8,'minimum':0,'maximum':1000,'group':'Recipe','help':''},"
		+ "{'name':'least_slices','label':'Least slices','type':'integer','default':1,'minimum':1,'maximum':1000,'group':'Cleaning','help':''}]},"
		+ "{'name':'track_cells','title':'Track cells','help':'','inputs':[{'name':'image','kind':'sections','required':true,'help':''},{'name':'boxes','kind':'text','required':false,'help':''},"
		+ "{'name':'labels','kind':'sections','required':false,'help':''}],'outputs':[{'name':'boxes','kind':'text'},{'name':'tracks','kind':'text'},{'name':'labels','kind':'source'},{'name':'run','kind':'text'}],"
		+ "'parameters':[" + CELLS + "]},"
		+ "{'name':'export_fields','title':'Export fields','help':'','inputs':[{'name':'boxes','kind':'cells','required':true,'help':'The cells.'},{'name':'image','kind':'sections','required':false,'help':''}],"
		+ "'outputs':[{'name':'fields','kind':'text'},{'name':'overlay','kind':'volume','required':false}],'parameters':["
		+ "{'name':'fiducial_pixels','label':'Pixels','type':'text','default':'','group':'Stage','help':''},{'name':'fiducial_stage','label':'Stage','type':'text','default':'','option':true,'group':'Stage','help':''}]},"
		+ "{'name':'evaluate_detection','title':'Evaluate detection','help':'','inputs':[{'name':'detected','kind':'cells','required':true,'help':''},{'name':'truth','kind':'cells','required':true,'help':''},"
		+ "{'name':'annotators','kind':'cells','several':true,'required':false,'help':''}],'outputs':[{'name':'report','kind':'text'},{'name':'scores','kind':'text'}],'parameters':[]},"
		+ "{'name':'simulate_clem','title':'Simulate','help':'','inputs':[],'outputs':[{'name':'em','kind':'volume'},{'name':'em_labels','kind':'volume'},{'name':'moving_1','kind':'volume'},"
		+ "{'name':'moving_2','kind':'volume'}],'parameters':[{'name':'seed','label':'Seed','type':'integer','default':1,'minimum':0,'maximum':100,'group':'','help':''}]},"
		+ "{'name':'simulate_cells','title':'Simulate cells','help':'','inputs':[],'outputs':[{'name':'sections','kind':'volume'},{'name':'labels','kind':'volume'},{'name':'truth','kind':'text'}],'parameters':["
		+ "{'name':'pattern','label':'Pattern','type':'choice','default':'nuclear','choices':['nuclear','punctate'],'option':true,'group':'','help':''}]}"
		+ "]}";

	private static final String TRANSFORM = "{'format':'clemreg-transform','version':1,'type':'rigid','direction':'moving_to_fixed','axes':'zyx','unit':'nm',"
		+ "'matrix':[[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}";

	private static final class Volume {
		final boolean mask;
		final VoxelKind kind;
		final int[] size;
		final double[] spacing;
		final double[] origin;
		final Object[] slices;
		SliceReader reader;

		Volume(final VoxelKind kind, final int[] size, final double[] spacing, final double[] origin) {
			mask = kind == VoxelKind.MASK;
			this.kind = mask ? VoxelKind.UINT8 : kind;
			this.size = size.clone();
			this.spacing = spacing.clone();
			this.origin = origin.clone();
			slices = new Object[size[0]];
			for (int z = 0; z < size[0]; z++) slices[z] = empty();
		}

		Object empty() {
			final int n = size[1] * size[2];
			return kind == VoxelKind.UINT8 ? new byte[n] : kind == VoxelKind.UINT16 ? new short[n] : new float[n];
		}

		Object slice(final int z) {
			return reader != null ? reader.slice(z) : slices[z];
		}
	}

	private final AtomicLong next;
	private final Map<Long, Object> table = new HashMap<>();
	/** The last request, for tests to look at. */
	public volatile Map<String, Object> lastRequest = new LinkedHashMap<>();
	/** The last request to register. */
	public volatile Map<String, Object> registerRequest = new LinkedHashMap<>();

	/** The parameters of all requests for probabilities. */
	public final List<Map<String, Object>> previews = Collections.synchronizedList(new ArrayList<>());

	/** All requests about cells. */
	public final List<Map<String, Object>> organelleRequests = Collections.synchronizedList(new ArrayList<>());
	public final List<Map<String, Object>> cellRequests = Collections.synchronizedList(new ArrayList<>());
	/** The parameters of all requests to segment fluorescence, and how many slices each had. */
	public final List<Map<String, Object>> fluorescence = Collections.synchronizedList(new ArrayList<>());
	public final List<Integer> fluorescenceDepths = Collections.synchronizedList(new ArrayList<>());

	/** The parameters of all requests to warp. */
	public final List<Map<String, Object>> warps = Collections.synchronizedList(new ArrayList<>());

	/** The parameters of all requests to segment the EM. */
	public final List<Map<String, Object>> segmentations = Collections.synchronizedList(new ArrayList<>());

	/** The schema that it tells, if another than its own. */
	public volatile String schema = SCHEMA.replace('\'', '"');
	/** Where there is one, it sees every request first; what it gives is the answer, unless that is null. */
	public volatile java.util.function.BiFunction<String, Map<String, Object>, OperationResult> first;

	public FakeBridge() {
		this(1);
	}

	/** A bridge whose handles begin with a number, so that those of another mean nothing to it. */
	public FakeBridge(final long first) {
		next = new AtomicLong(first);
	}

	/** Prints the schema. */
	public static void main(final String[] args) {
		System.out.print(new FakeBridge().schema());
	}

	/** How many handles are open. */
	public synchronized int open() {
		return table.size();
	}

	@Override
	public String about() {
		return "{\"version\":\"9.9.9\",\"instruction_set\":\"none\",\"host\":\"fake\",\"processors\":1}";
	}

	@Override
	public String schema() {
		return schema;
	}

	private synchronized long add(final Object value) {
		final long handle = next.getAndIncrement();
		table.put(handle, value);
		return handle;
	}

	private synchronized Object get(final long handle) {
		final Object value = table.get(handle);
		if (value == null) throw ClemRegException.badInput("no handle " + handle);
		return value;
	}

	@Override
	public long createVolume(final VoxelKind kind, final int[] size, final double[] spacing, final double[] origin) {
		return add(new Volume(kind, size, spacing, origin));
	}

	@Override
	public long createSource(final VoxelKind kind, final int[] size, final double[] spacing, final double[] origin, final SliceReader reader) {
		final Volume volume = new Volume(kind, size, spacing, origin);
		volume.reader = reader;
		return add(volume);
	}

	@Override
	public void writeSlice(final long handle, final int z, final Object pixels) {
		final Volume volume = (Volume) get(handle);
		if (!volume.mask) {
			if (pixels.getClass() != volume.slices[z].getClass()) throw ClemRegException.badInput("wrong type of pixels");
			System.arraycopy(pixels, 0, volume.slices[z], 0, volume.size[1] * volume.size[2]);
			return;
		}
		final byte[] mask = (byte[]) volume.slices[z];
		for (int i = 0; i < mask.length; i++) {
			final boolean set = pixels instanceof byte[] ? ((byte[]) pixels)[i] != 0 : pixels instanceof short[] ? ((short[]) pixels)[i] != 0 : ((float[]) pixels)[i] > 0;
			mask[i] = (byte) (set ? 255 : 0);
		}
	}

	@Override
	public void readSlice(final long handle, final int z, final Object pixels) {
		final Volume volume = (Volume) get(handle);
		System.arraycopy(volume.slice(z), 0, pixels, 0, volume.size[1] * volume.size[2]);
	}

	@Override
	public long createPoints(final double[] zyx) {
		return add(zyx.clone());
	}

	@Override
	public double[] readPoints(final long points) {
		return ((double[]) get(points)).clone();
	}

	@Override
	public long createTransform(final String json) {
		try {
			if (!"clemreg-transform".equals(Json.parseObject(json).get("format"))) throw ClemRegException.badInput("no transform");
		}
		catch (final Json.SyntaxException e) {
			throw ClemRegException.badInput("no transform: " + e.getMessage(), e);
		}
		return add(json);
	}

	@Override
	public String describe(final long handle) {
		final Object value = get(handle);
		if (value instanceof String) return (String) value;
		final Map<String, Object> json = new LinkedHashMap<>();
		if (value instanceof double[]) {
			json.put("kind", "points");
			json.put("count", (long) ((double[]) value).length / 3);
			return Json.write(json);
		}
		final Volume volume = (Volume) value;
		json.put("kind", volume.mask ? "mask" : "volume");
		json.put("type", volume.kind.name().toLowerCase(java.util.Locale.ROOT));
		json.put("size", Arrays.asList(volume.size[0], volume.size[1], volume.size[2]));
		json.put("spacing", Arrays.asList(volume.spacing[0], volume.spacing[1], volume.spacing[2]));
		json.put("origin", Arrays.asList(volume.origin[0], volume.origin[1], volume.origin[2]));
		return Json.write(json);
	}

	@Override
	public OperationResult run(final String operation, final String request, final Map<String, Long> inputs, final OperationListener listener) {
		final Map<String, Object> json = Json.parseObject(request);
		lastRequest = json;
		final OperationResult answer = first == null ? null : first.apply(operation, json);
		if (answer != null) return answer;
		final Map<String, Object> parameters = Json.asObject(json.get("parameters"));
		if (operation.equals("model_probability")) previews.add(parameters);
		listener.progress(0.5, operation);
		final String fail = Json.asText(parameters.get("fail"), "");
		if (fail.equals("wait")) {
			while (!listener.cancelled()) sleep();
			throw ClemRegException.cancelled();
		}
		if (fail.equals("crash")) throw new IllegalStateException("as asked");
		if (!fail.isEmpty()) throw new ClemRegException(ClemRegException.Kind.valueOf(fail), "It fails as asked.");
		final Map<String, Long> outputs = new LinkedHashMap<>();
		switch (operation) {
			case "register":
				registerRequest = json;
				return register(json, inputs, outputs, listener);
			case "register_plan":
				// As the true one: what the inputs and the parameters are decides.
				final String key = Json.write(json.get("inputs")) + Json.write(json.get("parameters"));
				return new OperationResult("{\"parameters\":" + Json.write(parameters(json)) + ",\"keys\":{\"moving_mask\":" + Json.write(key) + ",\"moving_points\":" + Json.write(key) + ",\"fixed_points\":" + Json.write(key)
					+ (Json.asObject(json.get("inputs")).containsKey("model") ? ",\"fixed_mask\":" + Json.write(key) : "")
					+ ",\"transform\":" + Json.write(key) + "}}", outputs);
			case "segment_fluorescence":
				fluorescence.add(parameters);
				fluorescenceDepths.add(((Volume) get(inputs.get("moving"))).size[0]);
				outputs.put("mask", threshold((Volume) get(inputs.get("moving"))));
				return new OperationResult("{}", outputs);
			case "model_probability":
				outputs.put("probability", brightness((Volume) get(inputs.get("image")), Integer.parseInt(parameters.get("first_slice").toString())));
				return new OperationResult("{\"model\":{\"threshold\":0.3}}", outputs);
			case "segment_em":
				segmentations.add(parameters);
				outputs.put("mask", threshold((Volume) get(inputs.get("image"))));
				outputs.put("labels", bright((Volume) get(inputs.get("image"))));
				return new OperationResult("{\"model\":{\"kind\":\"slices\",\"provider\":\"cpu\"},\"objects\":2,\"voxels\":" + ("1".equals(String.valueOf(parameters.get("seg_thr"))) ? 0 : 5)
					+ ",\"fraction\":0.1,\"warnings\":[\"The model warns.\"],\"summary\":\"Found.\",\"files\":[{\"path\":\"run.json\",\"text\":\"{}\"}]}", outputs);
			case "sample_points":
				outputs.put("points", add(points((Volume) get(inputs.get("mask")))));
				return new OperationResult("{}", outputs);
			case "register_points":
				outputs.put("transform", createTransform(TRANSFORM.replace('\'', '"')));
				outputs.put("inverse_transform", createTransform(TRANSFORM.replace('\'', '"')));
				outputs.put("registered_points", add(readPoints(inputs.get("moving_points"))));
				return new OperationResult("{\"transform\":" + TRANSFORM.replace('\'', '"') + "}", outputs);
			case "warp":
				warps.add(parameters);
				outputs.put("warped", warp((Volume) get(inputs.get("source")), (Volume) get(inputs.get("target"))));
				return new OperationResult("{}", outputs);
			case "overlay":
				outputs.put("picture", add(new Volume(VoxelKind.UINT8, new int[] { 3, 120, 200 }, new double[] { 1, 1, 1 }, new double[3])));
				return new OperationResult("{\"panels\":[{\"title\":\"before\",\"x\":0,\"y\":0,\"width\":100,\"height\":100}],"
					+ "\"scale_bars\":[{\"x\":10,\"y\":90,\"width\":40,\"height\":4,\"text\":\"1 um\"}],\"caption\":\"fake\"" + views(parameters, outputs) + "}", outputs);
			case "residuals":
				return new OperationResult("{\"bin_nm\":10,\"counts\":[3,2,1],\"beyond\":0,\"median_nm\":12,\"p95_nm\":25}", outputs);
			case "export_transform":
				return new OperationResult("folder".equals(Json.asObject(lastRequest.get("parameters")).get("format"))
					? "{\"files\":[{\"path\":\"a.json\",\"text\":\"A\"},{\"path\":\"deep/er/b\",\"base64\":\"AAEC\"}]}" : "{\"files\":[{\"path\":\"\",\"text\":\"the text\"}]}", outputs);
			case "export_fields":
				if (inputs.containsKey("image")) outputs.put("overlay", add(new Volume(VoxelKind.UINT8, new int[] { 3, 120, 200 }, new double[] { 1, 1, 1 }, new double[3])));
				return new OperationResult("{\"summary\":\"Two fields.\",\"overlay\":{\"caption\":\"fake\"},\"fields\":[{\"field\":1,\"slices\":[1,2],\"pixels\":{\"x\":1,\"y\":2,\"width\":3,\"height\":4}},"
					+ "{\"field\":2,\"slices\":[1,3],\"pixels\":{\"x\":5,\"y\":6,\"width\":7,\"height\":8}}],\"tables\":[{\"name\":\"fields\",\"columns\":[\"field\"],\"rows\":[[1],[2]]}],"
					+ "\"files\":[{\"path\":\"fields.csv\",\"text\":\"field\"},{\"path\":\"run.json\",\"text\":\"{}\"}]}", outputs);
			case "evaluate_detection":
				return new OperationResult("{\"summary\":\"All found.\",\"tables\":[],\"files\":[{\"path\":\"report.json\",\"text\":\"{}\"},{\"path\":\"scores.csv\",\"text\":\"recall\"}]}", outputs);
			case "simulate_cells":
				for (final String name : new String[] { "sections", "labels" }) {
					final Volume sections = new Volume(VoxelKind.UINT16, new int[] { 3, 20, 24 }, new double[] { 100, 178, 178 }, new double[3]);
					outputs.put(name, add(sections));
					blob(sections, 0, 3);
				}
				return new OperationResult("{\"summary\":\"Cells.\",\"tables\":[{\"name\":\"boxes\",\"columns\":[\"slice\",\"x\"],\"rows\":[[1,6]]}],\"files\":[{\"path\":\"boxes.csv\",\"text\":\"slice\"},{\"path\":\"truth.json\",\"text\":\"{}\"}]}", outputs);
			case "segment_organelles":
				organelleRequests.add(json);
				outputs.put("labels", bright((Volume) get(inputs.get("image"))));
				return new OperationResult("{\"summary\":\"Organelles.\",\"tables\":[],\"files\":[{\"path\":\"objects.csv\",\"text\":\"label\"}]}", outputs);
			case "detect_cells":
				cellRequests.add(json);
				return cells((Volume) get(inputs.get("image")), null, null, "published".equals(parameters.get("cell_method")) ? ",\"markers\":[[1,4,2],[1,11,4]]" : "", outputs);
			case "track_cells":
				cellRequests.add(json);
				return cells((Volume) get(inputs.get("image")), Json.asObject(Json.asObject(json.get("texts")).get("boxes")).get("text"), inputs.containsKey("labels") ? (Volume) get(inputs.get("labels")) : null, "", outputs);
			case "evaluate":
				return new OperationResult("{\"summary\":\"So good.\",\"tables\":[{\"name\":\"structures\",\"columns\":[\"label\",\"class\",\"tpr\"],\"rows\":[[1,\"a\",0.5],[2,\"b\",null]]}],"
					+ "\"files\":[{\"path\":\"report.json\",\"text\":\"{}\"},{\"path\":\"structures.csv\",\"text\":\"label,tpr\"}]}", outputs);
			case "convert_model":
				return convert(Json.asObject(json.get("paths")), parameters);
			case "transform_points":
				outputs.put("points", add(readPoints(inputs.get("points"))));
				return new OperationResult("{}", outputs);
			case "simulate_clem":
				for (final String name : new String[] { "em", "em_labels", "moving_1", "moving_2" }) {
					final Volume volume = new Volume(name.equals("em") ? VoxelKind.UINT8 : VoxelKind.UINT16, new int[] { 6, 20, 24 },
						name.startsWith("em") ? new double[] { 20, 20, 20 } : new double[] { 60, 40, 40 }, new double[3]);
					outputs.put(name, add(volume));
					blob(volume);
				}
				return new OperationResult("{\"truth\":{\"matrix\":[1]}}", outputs);
			default: throw ClemRegException.badInput("no operation " + operation);
		}
	}

	/** "Converts" a file by writing a word before its content; one that begins with a word of its own is none that it knows. */
	private static OperationResult convert(final Map<String, Object> paths, final Map<String, Object> parameters) {
		try {
			final byte[] pth = java.nio.file.Files.readAllBytes(java.nio.file.Paths.get((String) paths.get("model")));
			final String text = new String(pth, java.nio.charset.StandardCharsets.ISO_8859_1);
			if (text.startsWith("bad")) throw ClemRegException.badInput("model: it is no .pth file.");
			java.nio.file.Files.write(java.nio.file.Paths.get((String) paths.get("onnx")), ("onnx of mean " + parameters.get("mean") + ":" + text).getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
			return new OperationResult("{\"summary\":\"converted\"}", new LinkedHashMap<>());
		}
		catch (final java.io.IOException e) {
			throw ClemRegException.badInput(e.toString(), e);
		}
	}

	/** The layers of a whole plane and of a field, unless no report is wanted. */
	private String views(final Map<String, Object> parameters, final Map<String, Long> outputs) {
		if ("false".equals(String.valueOf(parameters.get("report")))) return "";
		outputs.put("views", add(new Volume(VoxelKind.UINT8, new int[] { 4, 18, 12 }, new double[] { 1, 1, 1 }, new double[3])));
		final StringBuilder list = new StringBuilder();
		for (int i = 0; i < 6; i++) {
			list.append(i == 0 ? "" : ",").append("{\"x\":0,\"y\":").append(3 * i).append(",\"width\":").append(12 - i).append(",\"height\":3,\"field\":").append(i / 3).append(",\"plane\":\"")
				.append(new String[] { "xy", "yz", "xz" }[i % 3]).append("\",\"nm_per_pixel\":20.0,\"first\":[0,0,0],\"size\":[1,3,5],\"before\":").append(i < 3).append('}');
		}
		return ",\"views\":[" + list + "]";
	}

	private static void blob(final Volume volume) {
		blob(volume, 2, 4);
	}

	private static void blob(final Volume volume, final int from, final int to) {
		for (int z = from; z < to; z++) for (int y = 5; y < 12; y++) for (int x = 6; x < 15; x++) {
			final int i = y * volume.size[2] + x;
			if (volume.kind == VoxelKind.UINT8) ((byte[]) volume.slices[z])[i] = (byte) 200;
			else ((short[]) volume.slices[z])[i] = 1000;
		}
	}

	private static Map<String, Object> parameters(final Map<String, Object> json) {
		final Map<String, Object> parameters = new LinkedHashMap<>(Json.asObject(json.get("parameters")));
		if (json.get("parameters_file") != null) Json.parseObject((String) json.get("parameters_file")).forEach(parameters::putIfAbsent);
		parameters.putIfAbsent("registration_direction", "fm_to_em");
		return parameters;
	}

	private OperationResult register(final Map<String, Object> json, final Map<String, Long> inputs, final Map<String, Long> outputs, final OperationListener listener) {
		final Volume moving = (Volume) get(inputs.get("moving")), fixed = (Volume) get(inputs.get("fixed_mask"));
		final Map<String, Object> parameters = parameters(json);
		if (inputs.containsKey("moving_points")) outputs.put("moving_points", add(readPoints(inputs.get("moving_points"))));
		else {
			outputs.put("moving_mask", threshold(moving));
			outputs.put("moving_points", add(points((Volume) get(outputs.get("moving_mask")))));
		}
		outputs.put("fixed_points", inputs.containsKey("fixed_points") ? add(readPoints(inputs.get("fixed_points"))) : add(points(fixed)));
		outputs.put("registered_points", add(readPoints(outputs.get("moving_points"))));
		outputs.put("transform", createTransform(TRANSFORM.replace('\'', '"')));
		outputs.put("inverse_transform", createTransform(TRANSFORM.replace('\'', '"')));
		listener.warning("This is a fake.");
		final Map<String, Object> transform = Json.parseObject(TRANSFORM.replace('\'', '"'));
		final Map<String, Object> run = new LinkedHashMap<>();
		run.put("stages", Arrays.asList(Json.parse("{\"stage\":\"segmentation\",\"seconds\":0.01}")));
		run.put("points", Json.parse("{\"moving\":3,\"fixed\":4}"));
		run.put("registration", Json.parse("{\"iterations\":7}"));
		run.put("parameters", parameters);
		run.put("warnings", Arrays.asList("This is a fake."));
		if (parameters.containsKey("verdict")) {
			run.put("verdict", parameters.get("verdict"));
			run.put("predicted_error_nm", 123.5);
			final Volume errors = new Volume(VoxelKind.FLOAT32, new int[] { 1, 2, 2 }, new double[] { 80, 400, 400 }, new double[3]);
			((float[]) errors.slices[0])[0] = 7.5f;
			((float[]) errors.slices[0])[1] = Float.NaN;
			outputs.put("error_map", add(errors));
		}
		final Map<String, Object> report = new LinkedHashMap<>();
		report.put("transform", transform);
		report.put("inverse_transform", transform);
		if ("worse".equals(parameters.get("verdict"))) {
			outputs.put("rigid_transform", createTransform(TRANSFORM.replace('\'', '"')));
			report.put("rigid_transform", transform);
		}
		report.put("run", run);
		return new OperationResult(Json.write(report), outputs);
	}

	private long threshold(final Volume volume) {
		final long handle = createVolume(VoxelKind.MASK, volume.size, volume.spacing, volume.origin);
		for (int z = 0; z < volume.size[0]; z++) writeSlice(handle, z, volume.slice(z));
		return handle;
	}

	/** A slice's 8 bits as probabilities. */
	private long brightness(final Volume em, final int slice) {
		final long handle = createVolume(VoxelKind.FLOAT32, new int[] { 1, em.size[1], em.size[2] }, em.spacing, em.origin);
		final byte[] from = (byte[]) em.slice(slice - 1);
		final float[] to = new float[from.length];
		for (int i = 0; i < to.length; i++) to[i] = (from[i] & 0xff) / 255f;
		writeSlice(handle, 0, to);
		return handle;
	}

	/** What is not 0, with the label 20001 in the left half and 20002 in the right one. */
	private long bright(final Volume em) {
		final long handle = createVolume(VoxelKind.UINT16, em.size, em.spacing, em.origin);
		for (int z = 0; z < em.size[0]; z++) {
			final Object from = em.slice(z);
			final short[] to = new short[em.size[1] * em.size[2]];
			for (int i = 0; i < to.length; i++) {
				final float value = from instanceof byte[] ? ((byte[]) from)[i] : from instanceof short[] ? ((short[]) from)[i] : ((float[]) from)[i];
				if (value != 0) to[i] = (short) (i % em.size[2] < em.size[2] / 2 ? 20001 : 20002);
			}
			writeSlice(handle, z, to);
		}
		return handle;
	}

	/**
	 * Two cells a section, 6 x 4 without a corner and 5 x 5, numbered through the stack; or the boxes that are given, whose tracks are 100 + x, with what the labels show of them.
	 */
	private OperationResult cells(final Volume image, final Object given, final Volume labels, final String markers, final Map<String, Long> outputs) {
		final List<double[]> cells = new ArrayList<>();
		if (given == null) {
			for (int z = 0; z < image.size[0]; z++) {
				cells.add(new double[] { z + 1, 2, 1, 6, 4, 0.83, 2 * z + 1 });
				cells.add(new double[] { z + 1, 9, 2, 5, 5, 0.4, 2 * z + 2 });
			}
		}
		else for (final String line : given.toString().trim().split("\n")) if (!line.startsWith("slice")) cells.add(Arrays.stream(line.split(",")).mapToDouble(Double::parseDouble).toArray());
		final short[][] slices = new short[image.size[0]][image.size[1] * image.size[2]];
		final List<Object> rows = new ArrayList<>(), numbers = new ArrayList<>();
		final StringBuilder csv = new StringBuilder("slice,x,y,width,height,score,cell\n");
		for (final double[] cell : cells) {
			final int number = (int) (given == null ? cell[6] : 100 + cell[1]), z = (int) cell[0] - 1;
			for (int y = (int) cell[2]; y < cell[2] + cell[4]; y++) for (int x = (int) cell[1]; x < cell[1] + cell[3]; x++) {
				final int i = y * image.size[2] + x;
				if (given == null ? x != 2 || y != 1 : labels == null || ((short[]) labels.slice(z))[i] == (short) cell[6]) slices[z][i] = (short) number;
			}
			rows.add(Json.parse(String.format(java.util.Locale.ROOT, "[%.0f,%.0f,%.0f,%.0f,%.0f,%s,%d,20]", cell[0], cell[1], cell[2], cell[3], cell[4], cell[5], number)));
			numbers.add(Json.parse("[" + (z + 1) + "," + (int) cell[6] + "," + number + "]"));
			csv.append(z + 1).append(",...,").append(number).append('\n');
		}
		final long handle = createVolume(VoxelKind.UINT16, image.size, image.spacing, image.origin);
		for (int z = 0; z < image.size[0]; z++) writeSlice(handle, z, slices[z]);
		outputs.put("labels", handle);
		return new OperationResult("{\"summary\":\"Cells.\",\"parameters\":{},\"warnings\":[],\"numbers\":" + Json.write(numbers)
			+ ",\"tables\":[{\"name\":\"cells\",\"columns\":[\"slice\",\"x\",\"y\",\"width\",\"height\",\"score\",\"cell\",\"area_px\"],\"rows\":" + Json.write(rows) + "}]" + markers + ","
			+ "\"files\":[{\"path\":\"boxes.csv\",\"text\":" + Json.write(csv.toString()) + "}" + (given == null ? "" : ",{\"path\":\"tracks.csv\",\"text\":\"cell\"}") + ",{\"path\":\"run.json\",\"text\":\"{}\"}]}", outputs);
	}

	private static double[] points(final Volume mask) {
		double[] points = new double[0];
		for (int z = 0; z < mask.size[0]; z++) {
			for (int i = 0; i < mask.size[1] * mask.size[2]; i++) {
				if (((byte[]) mask.slices[z])[i] == 0) continue;
				points = Arrays.copyOf(points, points.length + 3);
				points[points.length - 3] = mask.origin[0] + z * mask.spacing[0];
				points[points.length - 2] = mask.origin[1] + i / mask.size[2] * mask.spacing[1];
				points[points.length - 1] = mask.origin[2] + i % mask.size[2] * mask.spacing[2];
			}
		}
		return points;
	}

	/** Nearest voxel, identity. */
	private long warp(final Volume source, final Volume target) {
		final Volume out = new Volume(source.kind, target.size, target.spacing, target.origin);
		out.reader = z -> {
			final Object slice = out.empty();
			final int[] at = new int[3];
			for (int i = 0; i < out.size[1] * out.size[2]; i++) {
				final int[] index = { z, i / out.size[2], i % out.size[2] };
				boolean inside = true;
				for (int a = 0; a < 3; a++) {
					at[a] = (int) Math.round((out.origin[a] + index[a] * out.spacing[a] - source.origin[a]) / source.spacing[a]);
					inside &= at[a] >= 0 && at[a] < source.size[a];
				}
				if (inside) System.arraycopy(source.slice(at[0]), at[1] * source.size[2] + at[2], slice, i, 1);
			}
			return slice;
		};
		return add(out);
	}

	private static void sleep() {
		try {
			Thread.sleep(5);
		}
		catch (final InterruptedException e) {
			Thread.currentThread().interrupt();
			throw ClemRegException.cancelled();
		}
	}

	@Override
	public synchronized void release(final long handle) {
		if (table.remove(handle) == null) throw ClemRegException.badInput("no handle " + handle);
	}

	@Override
	public String memory() {
		return "{\"peak_memory_mb\":1.5,\"native_bytes\":0,\"handles\":" + open() + "}";
	}
}
