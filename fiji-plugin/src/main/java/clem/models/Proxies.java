package clem.models;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;

import clem.bridge.ClemRegException;

/**
 * The proxy for an address: what Java's system properties say (ImageJ's Edit > Options > Proxy Settings sets them), else the environment
 * variables https_proxy, http_proxy, all_proxy and no_proxy as curl reads them.
 */
final class Proxies {
	private final UnaryOperator<String> environment;

	Proxies(final UnaryOperator<String> environment) {
		this.environment = environment;
	}

	/** The proxy, or {@link Proxy#NO_PROXY}. */
	Proxy of(final URL url) {
		final String scheme = url.getProtocol().toLowerCase(Locale.ROOT);
		final List<Proxy> chosen = ProxySelector.getDefault() == null ? null : ProxySelector.getDefault().select(place(url, scheme));
		final Proxy first = chosen == null || chosen.isEmpty() ? Proxy.NO_PROXY : chosen.get(0);
		// A host that the properties leave out is left out.
		if (first.type() != Proxy.Type.DIRECT || System.getProperty(scheme + ".proxyHost") != null) return first;
		final URI proxy = fromEnvironment(url, scheme);
		if (proxy == null) return Proxy.NO_PROXY;
		return new Proxy(proxy.getScheme().startsWith("socks") ? Proxy.Type.SOCKS : Proxy.Type.HTTP, new InetSocketAddress(proxy.getHost(), proxy.getPort()));
	}

	/** The server alone: what else stands in an address need not be a correct one. */
	private static URI place(final URL url, final String scheme) {
		try {
			return new URI(scheme, null, url.getHost(), url.getPort(), "/", null, null);
		}
		catch (final URISyntaxException e) {
			throw new ClemRegException(ClemRegException.Kind.MODEL, url + " is no web address: " + e.getMessage() + ".", e);
		}
	}

	/**
	 * What the header Proxy-Authorization says, or null: where the environment gives a name and a password. Not for https: Java does not send
	 * it when it asks the proxy for the tunnel, and what is sent within the tunnel is the server's to see.
	 */
	String authorization(final URL url, final Proxy proxy) {
		final String scheme = url.getProtocol().toLowerCase(Locale.ROOT);
		if (proxy.type() != Proxy.Type.HTTP || !scheme.equals("http") || System.getProperty(scheme + ".proxyHost") != null) return null;
		final URI from = fromEnvironment(url, scheme);
		return from == null || from.getUserInfo() == null ? null : "Basic " + Base64.getEncoder().encodeToString(from.getUserInfo().getBytes(StandardCharsets.UTF_8));
	}

	private URI fromEnvironment(final URL url, final String scheme) {
		if (excepted(url)) return null;
		for (final String name : new String[] { scheme + "_proxy", "all_proxy" }) {
			final String value = variable(name);
			if (value == null) continue;
			try {
				final URI uri = new URI(value.contains("://") ? value : "http://" + value);
				if (uri.getHost() != null && uri.getPort() > 0 && uri.getScheme().toLowerCase(Locale.ROOT).matches("http|socks[45]?[ah]?")) return uri;
			}
			catch (final URISyntaxException e) {
				// Told below, as what lacks a host or a port is.
			}
			throw ClemRegException.badInput("The environment variable " + name + " = " + value.replaceAll("//[^/@]*@", "//...@") + " is not allowed: it must be http://HOST:PORT or socks5://HOST:PORT.");
		}
		return null;
	}

	private boolean excepted(final URL url) {
		final String list = variable("no_proxy"), host = url.getHost().toLowerCase(Locale.ROOT).replaceAll("^\\[|\\]$", "");
		if (list == null) return false;
		final int port = url.getPort() < 0 ? url.getDefaultPort() : url.getPort();
		for (final String item : list.toLowerCase(Locale.ROOT).split("[,\\s]+")) {
			final String name = item.replaceFirst("^\\*?\\.", "").replaceFirst("^([^:]+):" + port + "$", "$1").replaceAll("^\\[|\\]$", "");
			if (item.equals("*") || !name.isEmpty() && (host.equals(name) || host.endsWith("." + name))) return true;
		}
		return false;
	}

	private String variable(final String name) {
		for (final String spelling : new String[] { name, name.toUpperCase(Locale.ROOT) }) {
			final String value = environment.apply(spelling);
			if (value != null && !value.trim().isEmpty()) return value.trim();
		}
		return null;
	}
}
